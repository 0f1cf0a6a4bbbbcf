"""Who may act for whom: a department speaks through its role ``owner``, or through those it delegated to."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select

from gateway.control.changes import Change
from gateway.control.operations import Acting
from gateway.domain import DataClass
from gateway.errors import Conflict, NotPermitted
from gateway.ownership.registry.assets import require_asset
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import Facet
from gateway.ownership.rights.believed import as_of
from gateway.ownership.rights.tables import DELEGATION

OWNER_ROLE = "owner"
ANY_ASSET = "*"


class Power(StrEnum):
    """What a delegate may do in the owner's name."""

    GRANT = "grant"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Authority:
    """In whose name somebody acts, by which delegation (none: by a role of that party), up to which class."""

    party: str
    delegation: str = ""
    class_ceiling: DataClass = DataClass.RESTRICTED


def speaks_for(acting: Acting, party: str) -> bool:
    """Whether who acts is this party, or has the role that speaks for it."""
    return acting.subject.id == party or acting.has(OWNER_ROLE, party)


def require_speaker(acting: Acting, party: str) -> None:
    """Raises ``NotPermitted``, which says whose it is, unless who acts speaks for the party."""
    if not speaks_for(acting, party):
        raise NotPermitted(f"This is {party}'s to do: somebody there with the role {OWNER_ROLE} may.")


def holder_of(change: Change, asset: str, facet: Facet) -> str:
    """The party that holds the facet now; raises ``NotFound`` or ``Conflict``."""
    require_asset(change.connection, asset)
    held = owner(change.connection, asset, facet, change.at_us)
    if held is None:
        raise Conflict(f"Nobody holds {facet.value} of {asset} now.")
    return held.holder


def authority_over(change: Change, acting: Acting, asset: str, party: str, power: Power) -> Authority | None:
    """The authority of who acts to use this power of ``party`` over the asset; None without any.

    Of several delegations the one with the highest class counts.
    """
    if speaks_for(acting, party):
        return Authority(party)
    subject = acting.subject
    delegates = [subject.id, *([subject.department] if acting.has(OWNER_ROLE) else [])]
    allowed = DELEGATION.c.may_grant if power is Power.GRANT else DELEGATION.c.may_transfer
    query = select(DELEGATION.c.id, DELEGATION.c.class_ceiling).where(
        as_of(DELEGATION, change.at_us, change.at_us),
        DELEGATION.c.delegate.in_(delegates),
        or_(DELEGATION.c.asset == asset, DELEGATION.c.asset == ANY_ASSET),
        # A delegation of someone who owns the asset no more gives nothing.
        DELEGATION.c.root == party,
        allowed == 1,
    )
    found = [
        Authority(party, row.id, DataClass(row.class_ceiling)) for row in change.connection.execute(query)
    ]
    return max(found, key=lambda each: list(DataClass).index(each.class_ceiling), default=None)


def require_authority(change: Change, acting: Acting, asset: str, party: str, power: Power) -> Authority:
    """The same; raises ``NotPermitted``, which says whose it is, where there is none."""
    found = authority_over(change, acting, asset, party, power)
    if found is None:
        raise NotPermitted(
            f"This is {party}'s to do: somebody there with the role {OWNER_ROLE} may, or a delegate.",
            reason_admin=f"no authority of {party} over {asset} to {power.value}",
        )
    return found
