"""Finds entries by a filter, newest first, a page at a time; and counts them."""

import base64
import binascii
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import product

import orjson
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from audit.errors import ExportRefused
from audit.filters import Filter
from audit.leaf import decode_entry
from audit.query import Located, LogReader
from audit.schema import ENTRY

_BATCH = 200
_LONG_BATCH = 2_000
# A few seconds' work in a log of millions: a page that finds nothing still ends.
MOST_SEEN = 100_000
_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000

COLUMNS = {
    "department": ENTRY.c.department,
    "asset": ENTRY.c.resource,
    "owner": ENTRY.c.owner,
    "decision": ENTRY.c.effect,
    "code": ENTRY.c.code,
    "type": ENTRY.c.type,
    "action": ENTRY.c.action,
    "subject": ENTRY.c.actor,
    "day": ENTRY.c.wall_us // _DAY_US,
    "hour": ENTRY.c.wall_us // _HOUR_US,
}
"""What can be counted by in the database; ``rule`` and ``entity`` are read from leaves."""
GROUPS = (*COLUMNS, "rule", "entity")


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the entries that match, and what asks for the next ones; empty at the end.

    A page that is not full and has a cursor looked at as many entries as one may, back to ``reached_us``.
    """

    entries: tuple[Located, ...]
    cursor: str
    reached_us: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended: entries are in order of time, then index, latest first."""

    wall_us: int
    index: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """An entry within the bounds of a search; without its leaf if the database saw that it does not match."""

    place: _Place
    leaf: bytes | None


def search(
    reader: LogReader, where: Filter, limit: int, cursor: str = "", *, most_seen: int = MOST_SEEN
) -> Page:
    """Up to ``limit`` entries that match, latest first; raises ExportRefused for a cursor of another search.

    By department and time it reads what it gives and no more, at any size of the log; so it does by time
    alone, department by department. Other members of the filter are tried on each entry in between, on
    ``most_seen`` at most for one page.
    """
    mark = zlib.crc32(orjson.dumps(where.facts(), option=orjson.OPT_SORT_KEYS))
    after = _open_cursor(cursor, mark) if cursor else None
    found: list[Located] = []
    with reader.connect() as connection:
        seen = _latest_first(connection, where, after)
        for number, each in enumerate(seen, 1):
            located = _matching(each, where)
            if located is not None:
                found.append(located)
            if len(found) == limit or number == most_seen:
                more = next(seen, None) is not None
                return Page(tuple(found), _cursor(each.place, mark) if more else "", each.place.wall_us)
    return Page(tuple(found), "")


def _matching(seen: _Seen, where: Filter) -> Located | None:
    if seen.leaf is None:
        return None
    located = Located(seen.place.index, seen.leaf, decode_entry(seen.leaf))
    return located if where.matches(located.entry) else None


def index_bounds(reader: LogReader, since_us: int, until_us: int) -> tuple[int, int] | None:
    """The least range of indexes that holds every entry from one moment on and before another; None if empty.

    Read from the index by department and time, so its cost grows with what it finds; 0 does not bound.
    """
    bounds = Filter(since_us=since_us, until_us=until_us).bounds()
    query = select(func.min(ENTRY.c.idx), func.max(ENTRY.c.idx)).where(*bounds)
    with reader.connect() as connection:
        names = _departments(connection)
        found = [connection.execute(query.where(ENTRY.c.department == name)).one() for name in names]
    held = [(least, most) for least, most in found if least is not None]
    return (min(least for least, _ in held), max(most for _, most in held) + 1) if held else None


def count(reader: LogReader, where: Filter, by: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
    """How many entries match, by the values of each of ``by``; most first. Raises ExportRefused.

    An entry with several rules or entity types counts under each of them.
    """
    if not by or len(set(by)) != len(by) or not set(by) <= set(GROUPS):
        raise ExportRefused(f"Count by one or more of: {', '.join(GROUPS)}.")
    in_leaf = {"rule", "entity"} & set(by) or where.rule or where.entity
    groups = _count_leaves(reader, where, by) if in_leaf else _count_rows(reader, where, by)
    return sorted(groups.items(), key=lambda item: (-item[1], item[0]))


def _latest_first(connection: Connection, where: Filter, after: _Place | None) -> Iterator[_Seen]:
    if where.request_id:
        streams = [_stream(connection, where, (), after)]
    else:
        names = [where.department] if where.department else _departments(connection)
        streams = [_stream(connection, where, (ENTRY.c.department == name,), after) for name in names]
    return merge(*streams, key=lambda seen: (-seen.place.wall_us, -seen.place.index))


def _departments(connection: Connection) -> list[str]:
    """All departments, by one step through the index for each."""
    names: list[str] = []
    step = select(func.min(ENTRY.c.department))
    name = connection.scalar(step)
    while name is not None:
        names.append(name)
        name = connection.scalar(step.where(ENTRY.c.department > name))
    return names


def _stream(
    connection: Connection, where: Filter, more: Sequence[ColumnElement[bool]], after: _Place | None
) -> Iterator[_Seen]:
    others = where.others()
    batch = _LONG_BATCH if others else _BATCH
    query = (
        select(ENTRY.c.wall_us, ENTRY.c.idx, case((and_(*others), ENTRY.c.leaf)) if others else ENTRY.c.leaf)
        .where(*where.bounds(), *more)
        .order_by(ENTRY.c.wall_us.desc(), ENTRY.c.idx.desc())
        .limit(batch)
    )
    while True:
        rows = connection.execute(query.where(*_before(after))).all()
        for wall_us, index, leaf in rows:
            after = _Place(wall_us, index)
            yield _Seen(after, leaf)
        if len(rows) < batch:
            return


def _before(place: _Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    same_moment = or_(ENTRY.c.wall_us < place.wall_us, ENTRY.c.idx < place.index)
    return [ENTRY.c.wall_us <= place.wall_us, same_moment]


def _cursor(place: _Place, mark: int) -> str:
    return base64.urlsafe_b64encode(f"{place.wall_us}.{place.index}.{mark}".encode()).decode().rstrip("=")


def _open_cursor(cursor: str, mark: int) -> _Place:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    found = re.fullmatch(r"(\d{1,18})\.(\d{1,18})\.(\d{1,10})", text)
    if found is None or int(found[3]) != mark:
        raise ExportRefused("The cursor is of another search: give it with the same filter, or start anew.")
    return _Place(int(found[1]), int(found[2]))


def _count_rows(reader: LogReader, where: Filter, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    columns = [COLUMNS[name].label(name) for name in by]
    query = select(*columns, func.count()).where(*where.conditions()).group_by(*columns)
    with reader.connect() as connection:
        rows = connection.execute(query).all()
    return {_named(by, row[:-1]): row[-1] for row in rows}


def _count_leaves(reader: LogReader, where: Filter, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    found: Counter[tuple[str, ...]] = Counter()
    for located in reader.scan(where):
        found.update(_named(by, values) for values in product(*(_values(located, name) for name in by)))
    return dict(found)


def _values(located: Located, name: str) -> Sequence[str | int]:
    record = located.entry.record
    actor, resource = record.actor, record.resource
    one: dict[str, str | int] = {
        "department": actor.department if actor else "",
        "asset": resource.id if resource else "",
        "owner": resource.owner if resource else "",
        "decision": record.decision.effect if record.decision else "",
        "code": record.result.code if record.result else "",
        "type": record.type.value,
        "action": record.action,
        "subject": actor.id if actor else "",
        "day": located.entry.wall_us // _DAY_US,
        "hour": located.entry.wall_us // _HOUR_US,
    }
    if name == "rule":
        return record.decision.rules if record.decision else ()
    if name == "entity":
        return tuple(record.redaction.counts) if record.redaction else ()
    return (one[name],)


def _named(by: Sequence[str], values: Sequence[str | int]) -> tuple[str, ...]:
    return tuple(_text(name, value) for name, value in zip(by, values, strict=True))


def _text(name: str, value: str | int) -> str:
    if isinstance(value, str):
        return value
    scale = _DAY_US if name == "day" else _HOUR_US
    moment = datetime.fromtimestamp(value * scale // 1_000_000, UTC)
    return moment.strftime("%Y-%m-%d" if name == "day" else "%Y-%m-%d %H:00")
