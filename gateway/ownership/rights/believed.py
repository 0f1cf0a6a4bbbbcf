"""Rows that say what is believed of the world from when to when: they are added and ended, never changed."""

from sqlalchemy import ColumnElement, Row, Table, and_, insert, select, update

from gateway.control.changes import Change
from gateway.control.schema import FOREVER


def as_of(table: Table, valid_us: int, known_us: int) -> ColumnElement[bool]:
    """Rows that held at ``valid_us`` as it was believed at ``known_us``."""
    return and_(
        table.c.valid_from_us <= valid_us,
        valid_us < table.c.valid_to_us,
        table.c.recorded_from_us <= known_us,
        known_us < table.c.recorded_to_us,
    )


def believed_now(table: Table) -> ColumnElement[bool]:
    """Rows that are believed now, whenever they hold."""
    return table.c.recorded_to_us == FOREVER


def believe(change: Change, table: Table, values: dict[str, str | int]) -> None:
    """Adds a row that is believed from this change on."""
    recorded = {
        "recorded_from_us": change.at_us,
        "recorded_to_us": FOREVER,
        "revision": change.revision,
    }
    change.connection.execute(insert(table).values({**values, **recorded}))


def end(change: Change, table: Table, row: Row[tuple[object, ...]]) -> None:
    """From this change on, what the row says is believed to hold only until now, or never to have begun."""
    change.connection.execute(
        update(table).where(table.c.number == row.number).values(recorded_to_us=change.at_us)
    )
    if row.valid_from_us < change.at_us:
        kept = {name: value for name, value in row._asdict().items() if name != "number"}
        believe(change, table, {**kept, "valid_to_us": min(change.at_us, row.valid_to_us)})


def fresh_id(change: Change, table: Table, kind: str) -> str:
    """A name for what this change makes: its kind and the revision, numbered if there are several."""
    first = f"{kind}-{change.revision}"
    made = change.connection.scalars(
        select(table.c.id).where(table.c.id.like(f"{first}.%") | (table.c.id == first)).distinct()
    ).all()
    return f"{first}.{len(made) + 1}" if made else first
