"""Where an installation's databases lie, and who must have seen its log; opens nothing."""

from pathlib import Path

from pydantic import SecretStr

from audit.cosignature import parse_witness
from audit.place import Place, parse_place
from audit.witness.policy import WitnessAddress, WitnessPolicy
from gateway.settings import Settings


def log_place(settings: Settings) -> Place:
    """Where the log lies: a file in the state folder, or another server's database."""
    return placed(settings, settings.audit.database)


def control_place(settings: Settings) -> Place:
    """Where governance's database lies."""
    return placed(settings, settings.control.database)


def placed(settings: Settings, given: SecretStr) -> Place:
    """A place as the settings name it: a file is in the state folder unless its path is absolute."""
    place = parse_place(given.get_secret_value())
    return settings.state_dir / place if isinstance(place, Path) else place


def witness_policy(settings: Settings) -> WitnessPolicy | None:
    """Who must have seen the log; raises LogUnusable or InvalidNote where that cannot be."""
    asked = settings.audit.witnesses
    if asked is None:
        return None
    return WitnessPolicy(
        witnesses=tuple(WitnessAddress(each.url, parse_witness(each.key)) for each in asked.members),
        quorum=asked.quorum,
        timeout_s=asked.timeout_s,
        warn_after_s=asked.warn_after_s,
        max_uncosigned_s=asked.max_uncosigned_s,
    )
