"""The desk of disputes as a gateway has it: over its log, the policy in force, and its control database."""

from pathlib import Path

from sqlalchemy import Connection

from audit.ids import SystemClock
from audit.note import Verifier
from gateway.bundled import policies
from gateway.control.governance import Governance
from gateway.errors import PolicyUnavailable
from gateway.ownership.disputes.desk import Desk, Sources
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.bundle import read_bundle
from gateway.pdp.lifecycle.store import active, content
from gateway.pdp.source import PolicyRefused, PolicySource, read_source
from gateway.places import log_place
from gateway.policy_desk import bundle_key, bundle_trust
from gateway.settings import Settings, SettingsInvalid
from gateway.state import StateFolder


def open_dispute_desk(settings: Settings, governance: Governance, verifier: Verifier) -> Desk:
    """The desk over a gateway's log and control database."""

    def policy() -> PolicySource:
        try:
            return governance.control.look(lambda connection: _in_force(settings, connection))
        except (PolicyRefused, BundleRefused, SettingsInvalid) as error:
            raise PolicyUnavailable(
                "The policy in force cannot be read.", reason_admin=type(error).__name__
            ) from error

    return Desk(governance, Sources(log_place(settings), verifier, policy), SystemClock().wall_us)


def _in_force(settings: Settings, connection: Connection) -> PolicySource:
    """The text of the active bundle, or of the folder in the settings where none was ever active."""
    activation = active(connection)
    if activation is None:
        folder = settings.policy.options.get("policies")
        return read_source(Path(str(folder)) if folder else policies())
    bundle = content(connection, activation.revision)
    if bundle is None:
        raise PolicyUnavailable("The policy in force is not in the control database.")
    trust = bundle_trust(settings, bundle_key(settings, StateFolder(settings.state_dir)))
    return read_bundle(bundle, trust).source
