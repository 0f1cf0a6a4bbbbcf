"""Emergency access: a right that a department takes for itself for a short time, told to the owner."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from sqlalchemy import Connection, insert, select

from audit.entry import EntryType, Facts
from gateway.control.changes import Change
from gateway.control.operations import Acting, Operation, Outcome
from gateway.domain import DataClass, Right
from gateway.errors import Impossible, NotPermitted
from gateway.ownership.registry.assertions import resource_ref
from gateway.ownership.registry.facets import Facet
from gateway.ownership.rights.authority import holder_of
from gateway.ownership.rights.grants import Source, Terms, give
from gateway.pdp.lifecycle.tables import BREAK_GLASS
from gateway.settings import BreakGlassSettings

_MINUTE_US = 60_000_000

_Asset = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_UseCase = Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]{0,63})?$")]


@dataclass(frozen=True, slots=True)
class Emergency:
    """One use of it: which grant, for whom, why, told to which owner, from when to when (microseconds)."""

    grant: str
    asset: str
    department: str
    taken_by: str
    owner: str
    reason: str
    from_us: int
    until_us: int


class BreakGlass(Operation):
    """Take a right on an asset for one's own department, for minutes and for a stated reason.

    It is an ordinary grant that ends by itself: it opens what the owner's rules open to a grant, and nothing
    that company security denies. The owner is told, and may revoke it.
    """

    kind: ClassVar[str] = "policy.break_glass"
    limits: ClassVar[BreakGlassSettings] = BreakGlassSettings()

    asset: _Asset = Field(description="Id of the asset.", examples=["support-tone"])
    action: Literal["chat", "complete", "embed"] = Field("chat", description="What it lets them do.")
    class_ceiling: DataClass = Field(description="Highest class of data that it covers.")
    minutes: int = Field(ge=1, le=1440, description="How long it lasts.")
    use_case: _UseCase = Field("", description="The one use case that it covers; empty: any.")
    reason: str = Field(
        min_length=10, max_length=2000, description="Why; kept for the owner, its digest goes on record."
    )

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Takes the right; raises ``NotPermitted``, ``NotFound``, ``Conflict`` or ``Impossible``."""
        self._require(acting)
        owner = holder_of(change, self.asset, Facet.ACCOUNTABLE_OWNER)
        until_us = change.at_us + self.minutes * _MINUTE_US
        department = acting.subject.department
        terms = Terms(
            asset=self.asset,
            department=department,
            action=Right(self.action),
            class_ceiling=self.class_ceiling,
            use_case=self.use_case,
            option=False,
            from_us=change.at_us,
            to_us=until_us,
        )
        grant = give(change, terms, Source(department, acting.subject.id))
        taken = Emergency(
            grant, self.asset, department, acting.subject.id, owner, self.reason, change.at_us, until_us
        )
        _keep(change, taken, self.class_ceiling)
        return {"grant": grant, "told": owner, "until_us": until_us}

    def _require(self, acting: Acting) -> None:
        limits = self.limits
        if acting.subject.kind != "person" or not any(acting.has(role) for role in limits.roles):
            allowed = ", ".join(limits.roles) or "nobody: the settings name no role"
            raise NotPermitted(f"Emergency access is for persons with the role {allowed}.")
        if not self.class_ceiling.within(limits.class_ceiling):
            raise Impossible(
                f"Emergency access opens data up to class {limits.class_ceiling.value} only.",
                param="class_ceiling",
            )
        if self.minutes > limits.max_minutes:
            raise Impossible(f"Emergency access lasts {limits.max_minutes} minutes at most.", param="minutes")


def break_glass(settings: BreakGlassSettings) -> type[BreakGlass]:
    """The operation within the bounds of these settings."""

    class Bounded(BreakGlass):
        __doc__ = BreakGlass.__doc__
        limits: ClassVar[BreakGlassSettings] = settings

    return Bounded


def emergencies(connection: Connection, *, owner: str = "", at_us: int = 0) -> list[Emergency]:
    """Uses of emergency access, newest first: those told to one owner, those that still last at a moment."""
    query = select(BREAK_GLASS).order_by(BREAK_GLASS.c.from_us.desc())
    query = query.where(BREAK_GLASS.c.owner == owner) if owner else query
    query = query.where(BREAK_GLASS.c.until_us > at_us) if at_us else query
    return [Emergency(*row) for row in connection.execute(query)]


def _keep(change: Change, taken: Emergency, ceiling: DataClass) -> None:
    row = {name: getattr(taken, name) for name in taken.__slots__}
    change.connection.execute(insert(BREAK_GLASS).values(row))
    detail: dict[str, Facts] = {
        "grant": taken.grant,
        "department": taken.department,
        "class_ceiling": ceiling.value,
        "until_us": taken.until_us,
        # Words may name people, so they stand in the control database alone and are only bound here.
        "reason_sha256": sha256(taken.reason.encode()).hexdigest(),
        "notice_to": taken.owner,
    }
    change.record(EntryType.POLICY_BREAK_GLASS, detail, resource_ref(change, taken.asset))
