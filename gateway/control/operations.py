"""What people do to governance: each operation is a value that checks rights, writes rows and records."""

import inspect
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Self, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict

from audit.entry import Actor
from gateway.control.changes import Change
from gateway.domain import JsonObject, Subject
from gateway.errors import NotPermitted

# What an operation tells whoever asked for it: ids that it made, states that it reached.
Outcome: TypeAlias = JsonObject


_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts: the principal's name, for people to read, and the subject, for rights and the record.

    ``approved_by`` is the opaque subject id of the second person, where it took one.
    """

    principal: str
    subject: Subject
    approved_by: str = ""

    @property
    def actor(self) -> Actor:
        """The same as the log knows it."""
        return Actor(self.subject.id, self.subject.kind, self.subject.department)

    def has(self, role: str, department: str = "") -> bool:
        """Whether the subject has the role, in this department if one is named."""
        return role in self.subject.roles and department in {"", self.subject.department}

    def require(self, role: str, department: str = "") -> None:
        """Raises ``NotPermitted``, which says whose the operation is, unless the subject ``has`` the role."""
        if not self.has(role, department):
            of = f" of {department}" if department else ""
            raise NotPermitted(
                f"This is for the role {role}{of}; ask somebody who has it.",
                reason_admin=f"needs role {role}{of}",
            )


class Operation(BaseModel):
    """One thing that a person does to governance, with everything that it takes.

    ``kind`` names it ("grant.give") in settings, proposals, the API and the command line. The first sentence
    of a subclass's docstring and its fields' descriptions are its help there. An operation about an asset
    holds the asset's id in a field ``asset``; ``makes_asset`` says that there is none of this id yet.
    ``parties`` names the fields that hold a party, or parties by something.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    changes_rights: ClassVar[bool] = False
    makes_asset: ClassVar[bool] = False
    parties: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Checks the rights of ``acting``, writes, and records; gives what the caller is told.

        Raises a ``CustodyError``, and then nothing is changed. It runs more than once where two people are
        needed (rehearsed, undone, done), so it may have no effect outside ``change.connection`` and
        ``change.record``.
        """

    @property
    def about(self) -> str:
        """The id of the asset that it is about; empty if it is about none."""
        asset = getattr(self, "asset", "")
        return asset if isinstance(asset, str) else ""

    def named(self) -> frozenset[str]:
        """The parties that it names."""
        held = [getattr(self, field) for field in self.parties]
        names = {name for each in held for name in (each.values() if isinstance(each, Mapping) else [each])}
        return frozenset(name for name in names if name)

    def following(self, now: Mapping[str, str]) -> Self:
        """Itself, with others in the place of parties that it names."""
        changed = {field: _followed(getattr(self, field), now) for field in self.parties}
        return self.model_copy(update=changed)

    def as_json(self) -> str:
        """Itself as JSON that is the same whenever it says the same."""
        return orjson.dumps(self.model_dump(), default=_in_order, option=_CANONICAL).decode()

    def fingerprint(self) -> str:
        """What names it on record: SHA-256 of its kind and text, in hex."""
        return sha256(f"{self.kind}\n{self.as_json()}".encode()).hexdigest()

    @classmethod
    def help_line(cls) -> str:
        """What it does, in one sentence."""
        return (inspect.getdoc(cls) or cls.kind).partition("\n")[0]


def _followed(value: object, now: Mapping[str, str]) -> object:
    if isinstance(value, Mapping):
        return {key: now.get(name, name) for key, name in value.items()}
    return now.get(value, value) if isinstance(value, str) else value


def _in_order(value: object) -> list[str]:
    # The order of a set differs from one process to the next.
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(type(value).__name__)


class Catalogue:
    """The operations that there are, by kind; raises ``ValueError`` if two have the same."""

    def __init__(self, operations: Iterable[type[Operation]]) -> None:
        self._kinds: dict[str, type[Operation]] = {}
        for operation in operations:
            if operation.kind in self._kinds:
                raise ValueError(f"two operations have the kind {operation.kind}")
            self._kinds[operation.kind] = operation

    def __iter__(self) -> Iterator[type[Operation]]:
        return iter(self._kinds.values())

    def find(self, kind: str) -> type[Operation] | None:
        """The operation of this kind."""
        return self._kinds.get(kind)

    def read(self, kind: str, text: str) -> Operation:
        """The operation that ``as_json`` wrote; raises ``LookupError`` for a kind that is no more."""
        operation = self._kinds.get(kind)
        if operation is None:
            raise LookupError(kind)
        return operation.model_validate_json(text)
