"""The registry against a model that anybody can check by eye: a grid of times, and a holder in each field.

Each example runs inside one transaction that is undone at its end, so that thousands of changes to a real
database, with all its guards, take seconds.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, func, insert, select, update

from gateway.control.changes import Change
from gateway.control.schema import CONTROL_CHANGE, CONTROL_HEAD, FOREVER
from gateway.errors import CustodyError
from gateway.ownership.operations.reorganisation import Reorganisation, Reshaping, reorganise
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.beliefs import facets_of, owner
from gateway.ownership.registry.facets import NEVER_A_SERVICE, AssetType, Basis, Facet, LinkKind, PartyKind
from gateway.ownership.registry.history import believed_of, timeline
from gateway.ownership.registry.links import link
from gateway.ownership.registry.parties import register_party
from gateway.ownership.registry.registration import NewAsset, register_asset, retire_asset
from gateway.ownership.registry.revisions import belief_diff
from gateway.ownership.registry.tables import OWNERSHIP_ASSERTION
from tests.patience import patient_control
from tests.registries import ADMIN, START, registry_place

HOUR = 3_600_000_000
# Valid times are whole hours; changes are made after the sixth, a moment apart.
HOURS = 10
NOW = START + 6 * HOUR
FACETS = (Facet.ACCOUNTABLE_OWNER, Facet.STEWARD, Facet.DATA_OWNER)

_T = TypeVar("_T")
Belief = dict[tuple[str, Facet, int], str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """A connection to an empty registry."""
    folder: Path = tmp_path_factory.mktemp("registry")
    database = patient_control(registry_place(request, folder, request.param))
    with database.write_lock, database.writer.connect() as opened:
        yield opened
    database.close()


class Trial:
    """Changes over one connection, as ``Control`` makes them but for the log."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.at_us = NOW
        self._revisions = count(1)

    def change(self, work: Callable[[Change], _T]) -> _T:
        """Does one change, or nothing if the work raises."""
        revision, at_us = next(self._revisions), self.at_us + 1
        with self.connection.begin_nested():
            done = work(Change(self.connection, f"c-{revision}", revision, at_us, ADMIN, f"r-{revision}"))
            values = {"actor": "a", "department": "d", "kind": "k", "entry_index": 0}
            self.connection.execute(
                insert(CONTROL_CHANGE).values(id=f"c-{revision}", revision=revision, at_us=at_us, **values)
            )
            self.connection.execute(update(CONTROL_HEAD).values(revision=revision, at_us=at_us))
        self.at_us = at_us
        return done


@contextmanager
def trial(connection: Connection) -> Iterator[Trial]:
    """A trial of which nothing is left."""
    with connection.begin() as whole:
        yield Trial(connection)
        whole.rollback()


def hour(number: int) -> int:
    """A valid time; the last one is for ever."""
    return FOREVER if number >= HOURS else START + number * HOUR


def _claim(name: str, facet: Facet, holder: str, span: tuple[int, int]) -> Callable[[Change], object]:
    return lambda change: assert_facet(
        change,
        asset=name,
        facet=facet,
        holder=holder,
        basis=Basis.CONTRACT,
        valid_from_us=hour(span[0]),
        valid_to_us=hour(span[1]),
    )


# Mostly in order; a reversed or empty one is refused.
_SPANS = st.tuples(st.integers(0, HOURS - 1), st.integers(1, HOURS), st.integers(0, 9)).map(
    lambda drawn: drawn[:2] if drawn[2] == 0 else (min(drawn[:2]), max(drawn[0] + 1, drawn[1]))
)
# Which of the parties or assets that there are.
_ANY = st.integers(0, 30)


class RegistryMachine(RuleBasedStateMachine):
    """Any sequence of operations, next to a model of what is believed."""

    # Given by the test before it runs the machine.
    connection: Connection

    def __init__(self) -> None:
        super().__init__()
        self._outer = self.connection.begin()
        self.trial = Trial(self.connection)
        self.numbers = count()
        self.kinds: dict[str, PartyKind] = {}
        self.ended: dict[str, int] = {}
        self.registered: dict[str, int] = {}
        self.retired: set[str] = set()
        self.parents: dict[str, set[str]] = {}
        self.belief: Belief = {}
        self.known: dict[int, Belief] = {}
        self.claims = 0
        self.rows: dict[int, dict[str, object]] = {}
        for kind in (PartyKind.ORG_UNIT, PartyKind.ORG_UNIT, PartyKind.SERVICE):
            self.party_comes(kind)
        self.asset_comes(0, 0, [])
        self.asset_comes(1, 0, [0])

    @rule(kind=st.sampled_from(list(PartyKind)))
    def party_comes(self, kind: PartyKind) -> None:
        """A party of any kind."""
        name, unit = f"party-{next(self.numbers)}", next(filter(self._is_unit, self.kinds), "")
        if kind is PartyKind.ORG_UNIT or unit:
            within = "" if kind is PartyKind.ORG_UNIT else unit
            self.trial.change(lambda change: register_party(change, name, kind, within))
            self.kinds[name] = kind

    @rule(holder=_ANY, since=st.integers(0, HOURS - 1), above=st.lists(_ANY, max_size=2))
    def asset_comes(self, holder: int, since: int, above: list[int]) -> None:
        """An asset with its owner, on top of others."""
        name, owner_, stands_on = f"asset-{next(self.numbers)}", self._party(holder), self._assets(above)

        def work(change: Change) -> None:
            new = NewAsset(
                id=name,
                type=AssetType.DATASET,
                owner=owner_,
                basis=Basis.CHARTER,
                registered_us=hour(since),
                part_of=tuple(stands_on),
            )
            register_asset(change, new)

        fits = self._lasts(owner_, HOURS) and self.kinds[owner_] is not PartyKind.SERVICE
        if self._done(work, fits=fits):
            self.registered[name], self.parents[name] = since, stands_on
            self._believe(name, Facet.ACCOUNTABLE_OWNER, owner_, (since, HOURS))

    @rule(asset=_ANY, facet=st.sampled_from(FACETS), party=_ANY, span=_SPANS)
    def facet_is_asserted(self, asset: int, facet: Facet, party: int, span: tuple[int, int]) -> None:
        """Any facet, any holder, any time: past, future, a piece in the middle."""
        name, holder = self._asset(asset), self._party(party)
        fits = (
            span[0] < span[1]
            and span[0] >= self.registered[name]
            and self._lasts(holder, span[1])
            and not (self.kinds[holder] is PartyKind.SERVICE and facet in NEVER_A_SERVICE)
        )
        if self._done(_claim(name, facet, holder, span), fits=fits):
            self._believe(name, facet, holder, span)

    @rule(
        parties=st.lists(_ANY, min_size=1, max_size=2),
        heir=st.one_of(st.none(), _ANY),
        since=st.integers(0, 6),
    )
    def departments_merge(self, parties: list[int], heir: int | None, since: int) -> None:
        """Rename and merger, into a new department or one that is there."""
        units = sorted({self._party(each) for each in parties})
        into = f"unit-{next(self.numbers)}" if heir is None else self._party(heir)
        kind = Reshaping.RENAME if len(units) == 1 else Reshaping.MERGE
        plan = Reorganisation(kind=kind, units=tuple(units), successors=(into,), effective_us=hour(since))
        fits = all(self._is_unit(each) for each in units) and (heir is None or self._is_unit(into))
        if not self._done(lambda change: reorganise(change, plan), fits=fits and units != [into]):
            return
        if heir is None:
            self.kinds[into] = PartyKind.ORG_UNIT
        self._go_over(units, into, since)

    @rule(party=_ANY, since=st.integers(0, 6))
    def department_is_dissolved(self, party: int, since: int) -> None:
        """Which is refused while it would leave something behind."""
        unit = self._party(party)
        plan = Reorganisation(kind=Reshaping.DISSOLVE, units=(unit,), successors=(), effective_us=hour(since))
        holds = any(holder == unit and key[2] >= since for key, holder in self.belief.items())
        if self._done(lambda change: reorganise(change, plan), fits=self._is_unit(unit) and not holds):
            self.ended[unit] = since

    @rule(below=_ANY, above=_ANY)
    def asset_is_linked(self, below: int, above: int) -> None:
        """Which is refused where it would close a circle or stands already."""
        child, parent = self._asset(below), self._asset(above)
        fits = child not in self._above(parent) | {parent} and parent not in self.parents[child]
        if self._done(lambda change: link(change, child, parent, LinkKind.PART_OF), fits=fits):
            self.parents[child].add(parent)

    @rule(asset=_ANY)
    def asset_retires(self, asset: int) -> None:
        """Once, and not while another in use stands on it; its owner stays."""
        name = self._asset(asset)
        below = {child for child, above in self.parents.items() if name in above}
        comes = hour(self.registered[name])
        fits = name not in self.retired and below <= self.retired and comes <= NOW
        if self._done(lambda change: retire_asset(change, name, change.at_us), fits=fits):
            self.retired.add(name)

    @invariant()
    def registry_and_model_agree(self) -> None:
        """Each field of the grid is held by whom the model says, and by one only."""
        seen = _believed(self.connection, list(self.registered), self.trial.at_us)
        assert seen == self.belief
        self.known[self.trial.at_us] = seen

    @invariant()
    def somebody_is_accountable(self) -> None:
        """For each asset, at each time from its registration on; nobody before."""
        for name, since in self.registered.items():
            accountable = {
                number for number in range(HOURS) if (name, Facet.ACCOUNTABLE_OWNER, number) in self.belief
            }
            assert accountable == set(range(since, HOURS))

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every assertion ever made is there as it was made, but for the end of belief in it, set once."""
        for row in (row for name in self.registered for row in timeline(self.connection, name)):
            fields = asdict(row)
            before = self.rows.get(row.id, fields)
            if before["closed_revision"] == 0:
                before = {**before, "recorded_to_us": row.recorded_to_us}
                before["closed_revision"] = row.closed_revision
            assert before == fields
            self.rows[row.id] = fields
        made = select(func.count()).where(OWNERSHIP_ASSERTION.c.restates == 0)
        total = self.connection.execute(select(func.count(OWNERSHIP_ASSERTION.c.id))).scalar_one()
        assert total == len(self.rows)
        assert self.connection.execute(made).scalar_one() == self.claims

    def teardown(self) -> None:
        """What was known at any time is what is known of that time now."""
        for known_us, belief in self.known.items():
            assert _believed(self.connection, list(self.registered), known_us) == belief
        self._outer.rollback()

    def _party(self, number: int) -> str:
        return list(self.kinds)[number % len(self.kinds)]

    def _asset(self, number: int) -> str:
        return list(self.registered)[number % len(self.registered)]

    def _assets(self, numbers: list[int]) -> set[str]:
        return {self._asset(number) for number in numbers}

    def _done(self, work: Callable[[Change], object], *, fits: bool) -> bool:
        """Does a change that is refused exactly where the model says so."""
        try:
            self.trial.change(work)
        except CustodyError:
            assert not fits
            return False
        assert fits
        return True

    def _believe(self, name: str, facet: Facet, holder: str, span: tuple[int, int]) -> None:
        self.claims += 1
        self.belief |= {(name, facet, number): holder for number in range(*span)}

    def _go_over(self, units: list[str], into: str, since: int) -> None:
        going = {each for each in units if each != into}
        held = [
            row
            for row in believed_of(self.connection, list(self.registered), self.trial.at_us - 1)
            if row.holder in going and row.valid_to_us > hour(since)
        ]
        self.claims += len(held)
        for key, holder in self.belief.items():
            if holder in going and key[2] >= since:
                self.belief[key] = into
        self.ended |= dict.fromkeys(going, since)

    def _lasts(self, party: str, until: int) -> bool:
        return self.ended.get(party, HOURS) >= until

    def _is_unit(self, party: str) -> bool:
        return self.kinds[party] is PartyKind.ORG_UNIT and party not in self.ended

    def _above(self, name: str) -> set[str]:
        return {higher for each in self.parents[name] for higher in {each, *self._above(each)}}


def _believed(connection: Connection, names: list[str], known_us: int) -> Belief:
    """The grid as the rows give it; no field may be given twice."""
    belief: Belief = {}
    for row in believed_of(connection, names, known_us):
        for number in range(HOURS):
            if row.valid_from_us <= hour(number) < row.valid_to_us:
                assert (row.asset, row.facet, number) not in belief
                belief[row.asset, row.facet, number] = row.holder
    return belief


def test_no_sequence_of_operations_breaks_ownership(connection: Connection) -> None:
    """Never zero or two accountable owners, never a lost assertion, never another history."""
    machine = type("Machine", (RegistryMachine,), {"connection": connection})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


_HISTORIES = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(FACETS), st.sampled_from("xyz"), _SPANS),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=_HISTORIES, asked=st.data())
def test_as_of_questions_answer_like_a_naive_reference(
    connection: Connection, history: list[tuple[str, Facet, str, tuple[int, int]]], asked: st.DataObject
) -> None:
    """Who held it at V as known at K is what the last claim recorded by K says of V; so are differences."""
    with trial(connection) as made:
        made.change(_begin)
        said: list[tuple[int, str, Facet, str, tuple[int, int]]] = [
            (made.at_us, name, Facet.ACCOUNTABLE_OWNER, "x", (0, HOURS)) for name in "ab"
        ]
        for name, facet, holder, span in history:
            if span[0] < span[1]:
                made.change(_claim(name, facet, holder, span))
                said.append((made.at_us, name, facet, holder, span))

        def naive(name: str, facet: Facet, valid: int, known_us: int) -> str:
            told = (each for each in reversed(said) if each[0] <= known_us and each[1:3] == (name, facet))
            return next((each[3] for each in told if each[4][0] <= valid < each[4][1]), "")

        moments = [NOW, *(each[0] for each in said)]
        earlier, later = sorted(asked.draw(st.lists(st.sampled_from(moments), min_size=2, max_size=2)))
        shifts = belief_diff(connection, earlier, later)
        for name in "ab":
            for facet in FACETS:
                for valid in range(HOURS):
                    expected = naive(name, facet, valid, later)
                    held = owner(connection, name, facet, hour(valid), later)
                    assert (held.holder if held else "") == expected
                    shift = [
                        each
                        for each in shifts
                        if (each.asset, each.facet) == (name, facet)
                        and each.valid_from_us <= hour(valid) < each.valid_to_us
                    ]
                    before = naive(name, facet, valid, earlier)
                    assert len(shift) <= 1
                    assert bool(shift) or before == expected
                    if shift:
                        told = [each.holder if each else "" for each in (shift[0].before, shift[0].after)]
                        assert told == [before, expected]
            facets = facets_of(connection, name, hour(0), later)
            assert {facet: held.holder for facet, held in facets.items()} == {
                facet: naive(name, facet, 0, later) for facet in FACETS if naive(name, facet, 0, later)
            }


def _begin(change: Change) -> None:
    for name in "xyz":
        register_party(change, name, PartyKind.ORG_UNIT)
    for name in "ab":
        new = NewAsset(id=name, type=AssetType.DATASET, owner="x", basis=Basis.CHARTER, registered_us=hour(0))
        register_asset(change, new)
