"""Reads of the control database: which policies there are, which is active, which are on trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row, select

from gateway.control.changes import current_revision
from gateway.errors import NotFound
from gateway.pdp.lifecycle.tables import ACTIVATION, BUNDLE, TRIAL

How: TypeAlias = Literal["seed", "activate", "rollback"]
Lane: TypeAlias = Literal["canary", "shadow"]
Origin: TypeAlias = Literal["seed", "folder", "git"]


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A bundle in the store without its bytes: what it is, where it came from, who built it.

    ``reference`` is the commit of a git source, and otherwise empty.
    """

    revision: str
    digest: str
    environment: str
    name: str
    key_id: str
    origin: Origin
    reference: str
    modules: int
    tests: int
    built_by: str
    department: str
    built_us: int


@dataclass(frozen=True, slots=True)
class Activation:
    """That a policy was put into force; ``under`` is the number of the one that a rollback leads to."""

    number: int
    revision: str
    how: How
    under: int | None
    by: str
    approved_by: str
    at_us: int


class Terms(BaseModel):
    """On which terms a policy is on trial."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CanaryTerms(Terms):
    """Whom a canary decides for, and how many failures end it."""

    percent: int = Field(ge=1, le=100, description="Share of principals that it decides for.")
    max_error_percent: int = Field(
        2, ge=0, le=100, description="Share of its decisions that may fail before it ends by itself."
    )
    window_s: int = Field(60, ge=1, le=3600, description="Seconds over which failures are counted.")
    least: int = Field(
        10, ge=1, le=100_000, description="Decisions in those seconds before failures count as a share."
    )


class ShadowTerms(Terms):
    """How much of the traffic a shadow sees, and how much time it may take."""

    percent: int = Field(100, ge=1, le=100, description="Share of decisions that it is asked too.")
    budget_ms: int = Field(
        50, ge=1, le=1000, description="Milliseconds in each second that its decisions may take."
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """A policy on trial beside the active one; ``number`` names the trial."""

    number: int
    revision: str
    by: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Canary(Trial):
    """A policy that decides for some principals."""

    terms: CanaryTerms


@dataclass(frozen=True, slots=True)
class Shadow(Trial):
    """A policy that is asked and decides nothing."""

    terms: ShadowTerms


@dataclass(frozen=True, slots=True)
class PolicyState:
    """What is in force and on trial, as of one revision of the control database."""

    control_revision: int
    active: Activation | None
    canary: Canary | None
    shadow: Shadow | None


def policy_state(connection: Connection) -> PolicyState:
    """What is in force and on trial now."""
    return PolicyState(
        current_revision(connection), active(connection), canary(connection), shadow(connection)
    )


def active(connection: Connection) -> Activation | None:
    """What was activated last; None before there is any policy."""
    row = connection.execute(select(ACTIVATION).order_by(ACTIVATION.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _activation(row)


def beneath(connection: Connection, activation: Activation) -> Activation | None:
    """What a rollback of this activation leads to."""
    row = connection.execute(select(ACTIVATION).where(ACTIVATION.c.number == activation.under)).one_or_none()
    return None if row is None else _activation(row)


def activations(connection: Connection, *, before: int = 0, limit: int = 100) -> list[Activation]:
    """What was active when, newest first, from the one before number ``before`` (0: from the newest)."""
    query = select(ACTIVATION).order_by(ACTIVATION.c.number.desc()).limit(limit)
    rows = connection.execute(query.where(ACTIVATION.c.number < before) if before else query)
    return [_activation(row) for row in rows]


def activations_after(connection: Connection, number: int, limit: int) -> list[Activation]:
    """The same, oldest first, from the one after a number."""
    query = select(ACTIVATION).where(ACTIVATION.c.number > number).order_by(ACTIVATION.c.number)
    return [_activation(row) for row in connection.execute(query.limit(limit))]


def canary(connection: Connection) -> Canary | None:
    """The policy that decides for some principals, if there is one."""
    row = _trial(connection, "canary")
    return None if row is None else Canary(*_trial_facts(row), CanaryTerms.model_validate_json(row.terms))


def shadow(connection: Connection) -> Shadow | None:
    """The policy that is asked and decides nothing, if there is one."""
    row = _trial(connection, "shadow")
    return None if row is None else Shadow(*_trial_facts(row), ShadowTerms.model_validate_json(row.terms))


def bundles(connection: Connection, *, after: str = "", limit: int = 100) -> list[StoredBundle]:
    """The stored policies by revision, from the one after ``after``."""
    rows = connection.execute(
        _BUNDLE.where(BUNDLE.c.revision > after).order_by(BUNDLE.c.revision).limit(limit)
    )
    return [_stored(row) for row in rows]


def find_bundle(connection: Connection, revision: str) -> StoredBundle | None:
    """The stored policy of this revision."""
    row = connection.execute(_BUNDLE.where(BUNDLE.c.revision == revision)).one_or_none()
    return None if row is None else _stored(row)


def named_bundle(connection: Connection, revision: str) -> StoredBundle:
    """The same for a revision or the beginning of one; raises ``NotFound`` unless it is exactly one."""
    rows: Sequence[Row[*tuple[Any, ...]]] = []
    if revision.isalnum():
        query = _BUNDLE.where(BUNDLE.c.revision.startswith(revision, autoescape=True))
        rows = connection.execute(query.order_by(BUNDLE.c.revision).limit(2)).all()
    if len(rows) != 1:
        raise NotFound("There is no such policy, or more than one. `custody policy list` shows them.")
    return _stored(rows[0])


def content(connection: Connection, revision: str) -> bytes | None:
    """The bundle of this revision."""
    found: bytes | None = connection.execute(
        select(BUNDLE.c.content).where(BUNDLE.c.revision == revision)
    ).scalar_one_or_none()
    return found


_BUNDLE = select(*(column for column in BUNDLE.columns if column.name != "content"))


# Rows carry the columns in the order of the fields, and of their types.


def _stored(row: Row[*tuple[Any, ...]]) -> StoredBundle:
    return StoredBundle(*row)


def _activation(row: Row[*tuple[Any, ...]]) -> Activation:
    return Activation(*row)


def _trial(connection: Connection, lane: Lane) -> Row[*tuple[Any, ...]] | None:
    query = select(TRIAL).where(TRIAL.c.lane == lane).order_by(TRIAL.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None or row.revision is None else row


def _trial_facts(row: Row[*tuple[Any, ...]]) -> tuple[int, str, str, int]:
    return row.number, row.revision, row.actor, row.at_us
