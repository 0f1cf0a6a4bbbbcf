"""Assets: what can be owned, as it was registered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from gateway.ownership.registry.errors import UnknownAsset
from gateway.ownership.registry.facets import AssetType
from gateway.ownership.registry.tables import ASSET

# Values that one statement asks for.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class AssetRow:
    """Something that can be owned.

    ``registered_us`` is from when somebody answers for it, ``retired_us`` until when it may be used
    (``FOREVER``: no end); somebody answers for it after that as well. ``weight_hash`` is SHA-256 in hex,
    empty for what has no weights, or unknown ones.
    """

    id: str
    type: AssetType
    weight_hash: str
    registered_us: int
    recorded_us: int
    revision: int
    retired_us: int
    retired_revision: int


def asset(connection: Connection, name: str) -> AssetRow | None:
    """The asset of this id."""
    row = connection.execute(select(ASSET).where(ASSET.c.id == name)).one_or_none()
    return None if row is None else _asset(row)


def require_asset(connection: Connection, name: str) -> AssetRow:
    """The asset; raises ``UnknownAsset``."""
    found = asset(connection, name)
    if found is None:
        raise UnknownAsset(f"There is no asset {name!r} in the registry.")
    return found


def assets(
    connection: Connection, after: str = "", limit: int = 100, kind: AssetType | None = None
) -> tuple[AssetRow, ...]:
    """Assets by id, those after ``after``; of one type if it is given."""
    chosen = select(ASSET).where(ASSET.c.id > after)
    if kind is not None:
        chosen = chosen.where(ASSET.c.type == kind.value)
    return _read(connection, chosen.order_by(ASSET.c.id).limit(limit))


def assets_of(connection: Connection, names: Iterable[str]) -> dict[str, AssetRow]:
    """Those of these assets that are registered, by id."""
    asked = list(dict.fromkeys(names))
    found: dict[str, AssetRow] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        found |= {each.id: each for each in _read(connection, select(ASSET).where(ASSET.c.id.in_(some)))}
    return found


def _read(connection: Connection, chosen: Select[Any]) -> tuple[AssetRow, ...]:
    return tuple(_asset(row) for row in connection.execute(chosen))


def _asset(row: Row[Any]) -> AssetRow:
    rest: Sequence[Any] = row[2:]
    return AssetRow(row.id, AssetType(row.type), *rest)
