"""Deeds on keys and holds that the log must hear of: written with the deed, struck out once on record."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, delete, insert, select

from audit.database import Database
from audit.entry import EntryType, Facts
from audit.payloads.key_schema import UNLOGGED


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done to keys or holds; ``id`` becomes the record's request id, so twice on record is seen."""

    id: str
    type: EntryType
    detail: Mapping[str, Facts]


def note(connection: Connection, deed: Deed) -> None:
    """Writes the deed down in the transaction that does it."""
    detail = orjson.dumps(dict(deed.detail)).decode()
    connection.execute(insert(UNLOGGED).values(id=deed.id, type=deed.type.value, detail=detail))


def unlogged(database: Database) -> list[Deed]:
    """What is not known to be on record, oldest first."""
    with database.reader.connect() as connection:
        rows = connection.execute(select(UNLOGGED).order_by(UNLOGGED.c.id)).all()
    return [Deed(row.id, EntryType(row.type), orjson.loads(row.detail)) for row in rows]


def strike(database: Database, deed: Deed) -> None:
    """Forgets a deed that is on record."""
    with database.write_lock, database.writer.begin() as connection:
        connection.execute(delete(UNLOGGED).where(UNLOGGED.c.id == deed.id))
