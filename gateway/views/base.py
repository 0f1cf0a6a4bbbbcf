"""What is told of governance: the same to the API and at the command line."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.control.schema import FOREVER

Audience: TypeAlias = Literal["everybody", "discoverers", "nobody"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Moment: TypeAlias = Annotated[str, Field(examples=["2026-11-24T09:00:00.000000Z"])]
End: TypeAlias = Annotated[str | None, Field(examples=["2027-01-01T00:00:00.000000Z"])]
"""A moment, or null where there is no end."""
Narrow: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9*._:-]{0,200}$")]
"""What a listing is narrowed to: an id, or empty for any."""


def moment(at_us: int) -> str:
    """Microseconds since 1970 UTC as RFC 3339 text."""
    return (_EPOCH + timedelta(microseconds=at_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def end(at_us: int) -> str | None:
    """The same for the end of an interval; None where it has none."""
    return None if at_us >= FOREVER else moment(at_us)


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC of a moment that has an offset."""
    return (at - _EPOCH) // timedelta(microseconds=1)


class Told(BaseModel):
    """A part of what is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class View(Told):
    """One thing as it is told.

    ``key`` orders it among its like. ``asset`` is the asset that it is about, if any. ``concerned`` are the
    parties that see it because it is theirs. ``audience`` says who else does: everybody who may call, whoever
    may discover the asset, or nobody; an auditor of the asset always does.
    """

    @property
    def audience(self) -> Audience:
        """Who sees it besides."""
        return "nobody"

    @property
    @abstractmethod
    def key(self) -> str:
        """What it is ordered and found by."""

    @property
    def about(self) -> str:
        """The id of the asset that it is about; empty if it is about none, or about all."""
        return ""

    @property
    def concerned(self) -> frozenset[str]:
        """Departments, and opaque subject ids, that see it in any case."""
        return frozenset()

    @property
    def roles(self) -> frozenset[str]:
        """Roles whose holders see it in any case, for their office is about all such things."""
        return frozenset()


class Query(BaseModel):
    """What a listing can be asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    cursor: str = Field("", max_length=2000, description="Where the page before ended, as it said.")


_Query = TypeVar("_Query", bound=Query)


@dataclass(frozen=True, slots=True)
class Shelf(Generic[_Query]):
    """Things of one kind: how one is found and how they are listed, in the order of their keys.

    ``find`` raises ``NotFound``; ``some`` gives at most as many as asked for, from the one after a key on.
    Both are told the present moment.
    """

    noun: str
    plural: str
    view: type[View]
    query: type[_Query]
    find: Callable[[Connection, str, int], View]
    some: Callable[[Connection, _Query, str, int, int], Sequence[View]]


# A shelf together with others: what it can be asked for is known to itself alone.
AnyShelf: TypeAlias = Shelf[Any]
