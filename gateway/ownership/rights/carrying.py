"""Rights follow a party into whatever stands in its place, as where a department is renamed or merged."""

from collections.abc import Collection

from sqlalchemy import Table, or_

from audit.entry import EntryType, Facts
from gateway.control.changes import Change
from gateway.ownership.registry.assertions import resource_ref
from gateway.ownership.rights import delegations, grants
from gateway.ownership.rights.authority import ANY_ASSET
from gateway.ownership.rights.believed import believe, end
from gateway.ownership.rights.tables import DELEGATION, GRANT

_PARTIES = {GRANT: ("department", "grantor"), DELEGATION: ("root", "delegator", "delegate")}
_NAMES = {GRANT: "grant", DELEGATION: "delegation"}
_ENTRIES = {GRANT: EntryType.GRANT_CARRIED, DELEGATION: EntryType.DELEGATION_CARRIED}


def carry_rights(change: Change, parties: Collection[str], to: str) -> list[str]:
    """Puts ``to`` in the place of these parties in every grant and delegation from this change on; their ids.

    Each keeps its id and its terms; what was believed of the time before stays.
    """
    return [*_carry(change, GRANT, parties, to), *_carry(change, DELEGATION, parties, to)]


def _carry(change: Change, table: Table, parties: Collection[str], to: str) -> list[str]:
    named = or_(*(table.c[column].in_(parties) for column in _PARTIES[table]))
    found = grants.in_force(change, named) if table is GRANT else delegations.in_force(change, named)
    for row in found:
        end(change, table, row)
        kept = {name: value for name, value in row._asdict().items() if name != "number"}
        moved = {name: to for name in _PARTIES[table] if kept[name] in parties}
        start = max(row.valid_from_us, change.at_us)
        believe(change, table, {**kept, **moved, "valid_from_us": start})
        detail: dict[str, Facts] = {_NAMES[table]: row.id, "to": to, "in_place_of": [*sorted({*parties})]}
        about = None if row.asset == ANY_ASSET else resource_ref(change, row.asset)
        change.record(_ENTRIES[table], detail, about)
    return [row.id for row in found]
