"""The desk of disputes as a gateway has it: over its log, the policy in force, and its control database."""

from pathlib import Path

from sqlalchemy import Connection

from audit.ids import SystemClock
from audit.log import Log
from gateway.bundled import policies
from gateway.control.governance import Governance
from gateway.errors import PolicyUnavailable
from gateway.ownership.disputes.desk import Desk, Sources
from gateway.parts import log_place
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.bundle import Trust, read_bundle
from gateway.pdp.lifecycle.store import active, content
from gateway.pdp.source import PolicyRefused, PolicySource, read_source
from gateway.policy_desk import bundle_key, bundle_trust
from gateway.settings import Settings
from gateway.state import StateFolder


def open_dispute_desk(settings: Settings, state: StateFolder, governance: Governance, log: Log) -> Desk:
    """The desk; raises ``SettingsInvalid``."""
    trust = bundle_trust(settings, bundle_key(settings, state))
    folder = settings.policy.options.get("policies")
    sources = Sources(
        log=log_place(settings),
        verifier=log.verifier,
        policy=lambda: governance.control.look(
            lambda connection: policy_in_force(connection, trust, Path(str(folder)) if folder else policies())
        ),
    )
    return Desk(governance, sources, SystemClock().wall_us)


def policy_in_force(connection: Connection, trust: Trust, folder: Path) -> PolicySource:
    """The text of the active bundle, or the folder where none was ever active; raises PolicyUnavailable."""
    activation = active(connection)
    try:
        if activation is None:
            return read_source(folder)
        bundle = content(connection, activation.revision)
        if bundle is None:
            raise PolicyUnavailable("The policy in force is not in the control database.")
        return read_bundle(bundle, trust).source
    except (PolicyRefused, BundleRefused) as error:
        raise PolicyUnavailable(
            "The policy in force cannot be read.", reason_admin=type(error).__name__
        ) from error
