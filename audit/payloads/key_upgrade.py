"""Brings a key database to the tables of today, whichever version made it."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, inspect, literal, select, text

from audit.payloads.key_schema import DATA_KEY, GATE, HOLD, HOLD_IN_FORCE, KEY_ASSET, METADATA
from audit.payloads.legal_holds import end, repeated


def bring_up_to_date(connection: Connection, new_id: Callable[[], str], wall_us: Callable[[], int]) -> None:
    """Makes what is missing; does nothing to a database that is as it should be."""
    if GATE.name not in inspect(connection).get_table_names():
        METADATA.create_all(connection)
        connection.execute(insert(GATE).values(id=1))
        return
    # Two gateways may be the first of their version at one moment.
    connection.execute(select(GATE.c.id).with_for_update())
    there = inspect(connection)
    if KEY_ASSET.name not in there.get_table_names():
        _tell_assets(connection)
    if HOLD_IN_FORCE.name not in {index["name"] for index in there.get_indexes(HOLD.name)}:
        _hold_once(connection, new_id, wall_us)


def _tell_assets(connection: Connection) -> None:
    KEY_ASSET.create(connection)
    # About what the keys of before were used nobody wrote down, so a hold on any asset covers them.
    known = select(DATA_KEY.c.id, literal("")).where(DATA_KEY.c.wrapped.is_not(None))
    connection.execute(insert(KEY_ASSET).from_select(["data_key", "asset"], known))
    connection.execute(text("ALTER TABLE hold ADD COLUMN asset TEXT NOT NULL DEFAULT ''"))


def _hold_once(connection: Connection, new_id: Callable[[], str], wall_us: Callable[[], int]) -> None:
    # Two gateways of before could place one hold twice; the first of them goes on holding it.
    for hold in repeated(connection):
        end(connection, hold, new_id(), wall_us())
    HOLD_IN_FORCE.create(connection)
