"""What each replica says of itself: outside the history, for it is of today only."""

from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from gateway.domain import JsonObject
from gateway.pdp.lifecycle.canary import Counts
from gateway.pdp.lifecycle.tables import REPLICA

# Three times what a replica lets pass without a word, so that one that is gone soon counts no more.
_HEARD_US = 15_000_000
# How many gateways may follow by one principal's key: a name of theirs is of their own choosing.
_MOST_FOLLOWERS = 64
_KEPT_US = 24 * 3_600_000_000


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica as it last said of itself."""

    id: str
    seen_us: int
    state: JsonObject


def beat(connection: Connection, replica: str, now_us: int, state: JsonObject) -> None:
    """Says what a replica does now, and forgets those that have said nothing for a day."""
    said = orjson.dumps(state, option=orjson.OPT_SORT_KEYS).decode()
    renewed = update(REPLICA).where(REPLICA.c.id == replica).values(seen_us=now_us, state=said)
    if connection.execute(renewed).rowcount == 0:
        connection.execute(insert(REPLICA).values(id=replica, seen_us=now_us, state=said))
        connection.execute(delete(REPLICA).where(REPLICA.c.seen_us < now_us - _KEPT_US))


def forget(connection: Connection, replica: str) -> None:
    """Takes a replica off the list, as it does itself when it stops."""
    connection.execute(delete(REPLICA).where(REPLICA.c.id == replica))


def bound(connection: Connection, prefix: str) -> None:
    """Forgets those with names that begin so, but for the latest that were heard of."""
    theirs = select(REPLICA.c.id).where(REPLICA.c.id.startswith(prefix, autoescape=True))
    older = theirs.order_by(REPLICA.c.seen_us.desc(), REPLICA.c.id).offset(_MOST_FOLLOWERS).limit(1000)
    too_many = list(connection.execute(older).scalars())
    if too_many:
        connection.execute(delete(REPLICA).where(REPLICA.c.id.in_(too_many)))


def replicas(connection: Connection) -> list[Replica]:
    """All replicas, by id, which is by when they started."""
    rows = connection.execute(select(REPLICA).order_by(REPLICA.c.id)).all()
    return [Replica(row.id, row.seen_us, orjson.loads(row.state)) for row in rows]


def canary_elsewhere(connection: Connection, replica: str, trial: int, now_us: int) -> Counts:
    """What the other replicas that were heard of lately counted of a canary; ``trial`` is its number."""
    heard = select(REPLICA.c.state).where(REPLICA.c.id != replica, REPLICA.c.seen_us > now_us - _HEARD_US)
    told = [orjson.loads(state).get("canary") for state in connection.execute(heard).scalars()]
    counted = [
        Counts(each["decided"], each["failed"]) for each in told if each and each.get("trial") == trial
    ]
    return sum(counted, Counts())
