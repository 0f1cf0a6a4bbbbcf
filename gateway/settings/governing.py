"""Who owns what and may do what: the registry, its disputes, and the policies in force."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from gateway.domain import DataClass
from gateway.settings.base import Name, PluginSettings, Section


class ControlSettings(Section):
    """What governance keeps: who owns what, rights, disputes, and which policy is in force."""

    database: SecretStr = Field(
        SecretStr("control.db"),
        description="SQLite file, in the state folder; or postgresql://user@host/name.",
    )
    stale_after_s: float = Field(
        5, gt=0, description="Seconds without a look at the registry after which calls are refused."
    )
    two_people: tuple[str, ...] = Field(
        (), description="Operations that need a second person's consent; `*`: all that change rights."
    )
    proposal_hours: float = Field(
        72, gt=0, le=8760, description="Hours in which a second person may consent; then it expires."
    )


class PolicySettings(PluginSettings):
    """The policy engine."""

    kind: str = Field(
        "live", pattern=r"^[a-z][a-z0-9_]{0,63}$", description="`live`, `remote`, `embedded` or `opa`."
    )


class BundleSettings(Section):
    """Policy bundles: what they are for, who signs them, whose are taken."""

    environment: Name = Field("default", description="Environment that bundles are built for and taken from.")
    name: Name = Field("custody", description="Name of the bundle: OPA servers ask for /bundles/NAME.")
    signing_key_file: Path = Field(
        Path("policy.key"), description="Private key as PEM, in the state folder; made when there is none."
    )
    signing_key: SecretStr | None = Field(
        None, description="The text of that file, in its place; the same for all gateways of one database."
    )
    verification_keys: Mapping[str, Path] = Field(
        {}, description="Further keys whose bundles are taken: a public key's PEM file by key id."
    )


class BreakGlassSettings(Section):
    """How far anybody may help themselves in an emergency; the owner is told each time."""

    roles: tuple[Name, ...] = Field((), description="Who may: roles of principals. Nobody without it.")
    class_ceiling: DataClass = Field(DataClass.INTERNAL, description="Highest class of data that it opens.")
    max_minutes: int = Field(60, gt=0, le=1440, description="Longest time that it lasts.")


def _days(default: int, what: str) -> Any:  # noqa: ANN401 - as pydantic's own Field
    return Field(default, gt=0, le=3650, description=f"Days until {what}.")


class DisputeSettings(Section):
    """How long each state of a dispute or mandate waits; each keeps what was set when it was opened."""

    draft_days: int = _days(30, "a draft that nobody files lapses")
    filed_days: int = _days(7, "a filed dispute that no clerk decides on is admitted")
    admitted_days: int = _days(3, "an admitted one counts as served")
    notice_served_days: int = _days(14, "the respondents' time to answer is over")
    evidence_open_days: int = _days(30, "the evidence is sealed")
    evidence_sealed_days: int = _days(3, "mediation begins")
    mediation_days: int = _days(14, "mediation ends and the panel deliberates")
    deliberation_days: int = _days(30, "a panel must have ruled; then its majority counts, or it lapses")
    ruled_days: int = _days(3, "the time for an appeal begins")
    appeal_open_days: int = _days(14, "the time for an appeal is over")
    final_days: int = _days(3, "a final ruling is executed")

    @property
    def days(self) -> dict[str, int]:
        """The days by the state's name."""
        return {name.removesuffix("_days"): getattr(self, name) for name in type(self).model_fields}
