"""Which entries are meant: one filter for look-ups, exports, statistics and records of auditors' reads."""

from dataclasses import dataclass, fields
from typing import Any

import orjson
from sqlalchemy import Boolean, ColumnElement, LargeBinary, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from audit.entry import Entry, Facts
from audit.schema import ENTRY, derive_columns

_COLUMNS = ("type", "request_id", "actor", "department", "action", "resource", "owner", "effect", "code")
_INDEXED = ("department", "request_id")
# What derive_columns gives, by name: the columns after the index and the leaf.
_DERIVED = tuple(column.name for column in ENTRY.columns)[2:]


class _Holds(GenericFunction[bool]):
    """Whether a leaf holds a run of bytes; each database has a name of its own for it."""

    type = Boolean()
    inherit_cache = True


@compiles(_Holds)
def _holds(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    leaf, part = (compiler.process(clause, **options) for clause in element.clauses)
    return f"instr({leaf}, {part}) > 0"


@compiles(_Holds, "postgresql")
def _holds_postgresql(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as above
    leaf, part = (compiler.process(clause, **options) for clause in element.clauses)
    return f"position({part} in {leaf}) > 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries; an empty text means any, and all that is given must hold.

    Most members are query columns. ``rule`` and ``entity`` (an entity type that was found) are in no column:
    the database looks for their text in the leaf, and ``matches`` decides. ``since_us`` is the first moment
    that is in, ``until_us`` the first that is out.
    """

    type: str = ""
    request_id: str = ""
    actor: str = ""
    department: str = ""
    action: str = ""
    resource: str = ""
    owner: str = ""
    effect: str = ""
    code: str = ""
    rule: str = ""
    entity: str = ""
    since_us: int = 0
    until_us: int = 0

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL; lets through all that match, and some that do not by rule or entity."""
        return self.bounds() + self.others()

    def bounds(self) -> list[ColumnElement[bool]]:
        """The part that indexes answer: department, request and time."""
        found = [ENTRY.c[name] == getattr(self, name) for name in _INDEXED if getattr(self, name)]
        if self.since_us:
            found.append(ENTRY.c.wall_us >= self.since_us)
        if self.until_us:
            found.append(ENTRY.c.wall_us < self.until_us)
        return found

    def others(self) -> list[ColumnElement[bool]]:
        """The part that is tried on each entry within the bounds."""
        names = [name for name in _COLUMNS if name not in _INDEXED and getattr(self, name)]
        found = [ENTRY.c[name] == getattr(self, name) for name in names]
        texts = (orjson.dumps(text) for text in (self.rule, self.entity) if text)
        found.extend(_Holds(ENTRY.c.leaf, literal(text, LargeBinary)) for text in texts)
        return found

    def matches(self, entry: Entry) -> bool:
        """Whether the entry is meant."""
        record = entry.record
        columns = dict(zip(_DERIVED, derive_columns(entry), strict=True))
        return (
            all(columns[name] == getattr(self, name) for name in _COLUMNS if getattr(self, name))
            and (not self.rule or (record.decision is not None and self.rule in record.decision.rules))
            and (not self.entity or (record.redaction is not None and self.entity in record.redaction.counts))
            and entry.wall_us >= self.since_us
            and (not self.until_us or entry.wall_us < self.until_us)
        )

    def facts(self) -> dict[str, Facts]:
        """What is asked for, by name, without what is not."""
        return {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name)}


ANY = Filter()
