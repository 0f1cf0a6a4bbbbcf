"""Anybody does anything in any order: the procedure holds, and every dispute ends."""

import asyncio
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gateway.control.operations import Acting, Operation
from gateway.errors import Conflict, Impossible, NotPermitted
from gateway.ownership.disputes import measures
from gateway.ownership.disputes.clerk import (
    Admit,
    Appoint,
    DecideChallenge,
    Deliberate,
    Execute,
    Mediate,
    OpenAppeal,
    OpenEvidence,
    Reject,
    Review,
    Seal,
    Serve,
)
from gateway.ownership.disputes.filing import AddClaims, FileDispute, Withdraw
from gateway.ownership.disputes.journal import events
from gateway.ownership.disputes.panels import (
    CastVote,
    DraftRuling,
    LiftMeasure,
    OfferSeat,
    OrderMeasure,
    Recuse,
    Rule,
)
from gateway.ownership.disputes.pleading import (
    AcceptSettlement,
    Answer,
    Appeal,
    ChallengeAdjudicator,
    Join,
    ProposeSettlement,
)
from gateway.ownership.disputes.states import ENDS
from gateway.ownership.disputes.values import Event
from gateway.ownership.registry.facets import Facet
from tests.court import APPEAL_BENCH, BENCH, CLERK, IT, PRODUCT, RETAIL, Court, as_service, person

_INTRUDERS = (
    person("r-clerk", "retail", "clerk"),
    person("p-judge", "product", "adjudicator"),
    person("nobody", "retail"),
    as_service(BENCH[1]),
)
_EVERYBODY = (RETAIL, PRODUCT, IT, CLERK, *BENCH, *APPEAL_BENCH, *_INTRUDERS)
_JUDGES = {judge.subject.id for judge in (*BENCH, *APPEAL_BENCH)}
_PARTIES = {"sub_retail-lead": "retail", "sub_product-lead": "product", "sub_it-lead": "it"}

# Written down again from design section 4, not taken from the code.
_WAYS = {
    ("draft", "filed"),
    ("draft", "lapsed"),
    ("filed", "admitted"),
    ("filed", "inadmissible"),
    ("admitted", "notice_served"),
    ("notice_served", "evidence_open"),
    ("evidence_open", "evidence_sealed"),
    ("evidence_sealed", "mediation"),
    ("mediation", "deliberation"),
    ("deliberation", "ruled"),
    ("deliberation", "lapsed"),
    ("deliberation", "final"),
    ("ruled", "appeal_open"),
    ("ruled", "final"),
    ("appeal_open", "deliberation"),
    ("appeal_open", "final"),
    ("final", "executed"),
    ("final", "lapsed"),
}
_WITHDRAWABLE = (
    "draft",
    "filed",
    "admitted",
    "notice_served",
    "evidence_open",
    "evidence_sealed",
    "mediation",
)
_SETTLEABLE = ("notice_served", "evidence_open", "evidence_sealed", "mediation", "deliberation")
_BOUND = {*_SETTLEABLE, "admitted", "ruled", "appeal_open", "final"}
_CLERKS = {
    "admitted",
    "rejected",
    "served",
    "evidence_opened",
    "sealed",
    "mediation_opened",
    "deliberation_opened",
    "appeal_opened",
    "executed",
    "reviewed",
    "appointed",
    "challenge_decided",
}
_PANELS = {
    "seat_offered",
    "recused",
    "measure_ordered",
    "measure_lifted",
    "ruling_drafted",
    "voted",
    "ruled",
}


def _given(holder: str) -> list[dict[str, str | None]]:
    return [{"facet": "accountable_owner", "holder": holder or None}, {"facet": "budget_owner"}]


def _operations(dispute: str, judge: str, number: int, holder: str) -> list[Operation]:
    claim = {"facet": "risk_owner", "basis": "charter", "statement": "the charter says so"}
    every: list[type[Operation]] = [FileDispute, Withdraw, Admit, Serve, OpenEvidence, Seal, Mediate]
    every += [Deliberate, OpenAppeal, Execute, OfferSeat]
    plain = [kind.model_validate({"dispute": dispute}) for kind in every]
    said = {"dispute": dispute, "statement": "so it is", "reason": "because", "terms": "and so on"}

    def made(kind: type[Operation], **more: object) -> Operation:
        known = {name: value for name, value in said.items() if name in kind.model_fields}
        return kind.model_validate({**known, **more})

    return [
        *plain,
        made(Answer),
        made(Join),
        made(Appeal),
        made(Review),
        made(Reject),
        made(Recuse),
        made(AddClaims, claims=[claim]),
        made(Appoint, adjudicator=judge),
        made(ChallengeAdjudicator, adjudicator=judge),
        made(DecideChallenge, challenge=number, upheld=holder == "retail"),
        made(OrderMeasure, measure="suspended"),
        made(LiftMeasure, measure="union_of_denies"),
        made(ProposeSettlement, dispositions=_given(holder)),
        made(AcceptSettlement, settlement=number),
        made(DraftRuling, dispositions=_given(holder), reasons="the record"),
        made(CastVote, ruling=number, in_favour=holder != ""),
        made(Rule, ruling=number),
    ]


class Anybody(RuleBasedStateMachine):
    """One dispute in which anybody tries anything, and time passes."""

    court: Court
    loop: asyncio.Runner
    cases = 0

    @initialize(depth=st.sampled_from(["opened", "filed", "heard", "deliberated", "ruled"]))
    def open(self, depth: str) -> None:
        """A dispute over an asset of its own, somewhere on its way."""
        type(self).cases += 1
        self.asset = f"asset-{self.cases}"
        self.seen: tuple[Event, ...] = ()
        self.loop.run(self.court.asset(self.asset))
        begin = getattr(self.court, "deliberated" if depth == "ruled" else depth)
        self.dispute = str(self.loop.run(begin(self.asset)))
        if depth == "ruled":
            self.loop.run(self.court.ruled(self.dispute))

    @rule(
        acting=st.sampled_from(_EVERYBODY),
        which=st.integers(0, 27),
        judge=st.sampled_from(sorted(_JUDGES)),
        number=st.integers(1, 3),
        holder=st.sampled_from(["", "retail", "product", "it"]),
    )
    def try_something(self, acting: Acting, which: int, judge: str, number: int, holder: str) -> None:
        """Somebody tries something; it is done as a whole, or refused with a typed error and nothing done."""
        operations = _operations(self.dispute, judge, number, holder)
        before = self._events()
        try:
            self.loop.run(self.court.do(acting, operations[which % len(operations)]))
        except (Conflict, Impossible, NotPermitted):
            assert self._events() == before
        else:
            assert len(self._events()) > len(before)

    @rule()
    def go_on(self) -> None:
        """The clerk does what comes next, so that runs get far."""
        steps = (Admit, Serve, OpenEvidence, Seal, Mediate, Deliberate, OpenAppeal, Execute)
        for step in steps:
            try:
                self.loop.run(self.court.do(CLERK, step(dispute=self.dispute)))
            except Conflict:
                continue
            return

    @rule(days=st.sampled_from([1, 8, 31]))
    def wait(self, days: int) -> None:
        """Time passes, and upkeep comes by."""
        self.court.days(days)
        self.loop.run(self.court.upkeep())

    @invariant()
    def nothing_is_unsaid(self) -> None:
        """What was done stays as it was."""
        if hasattr(self, "dispute"):
            now = self._events()
            assert now[: len(self.seen)] == self.seen
            assert [event.seq for event in now] == list(range(1, len(now) + 1))
            self.seen = now

    @invariant()
    def only_known_ways_are_taken(self) -> None:
        """Each change of state is one that the design draws."""
        states = [event.state for event in self.seen] if hasattr(self, "dispute") else []
        for before, after in pairwise(states):
            if after == "withdrawn":
                assert before in _WITHDRAWABLE
            elif after == "settled":
                assert before in _SETTLEABLE
            elif before != after:
                assert (before, after) in _WAYS

    @invariant()
    def each_step_was_theirs(self) -> None:
        """Each event was taken by whoever has the office, or by a party for itself."""
        for event in self.seen if hasattr(self, "dispute") else ():
            if not event.actor:
                continue
            if event.step in _CLERKS:
                assert event.actor == "sub_clerk"
            elif event.step in _PANELS:
                assert event.actor in _JUDGES
            else:
                assert _PARTIES[event.actor] == event.party

    @invariant()
    def measures_bind_while_the_dispute_does(self) -> None:
        """The facets are frozen exactly while the dispute is between admission and its end."""
        if hasattr(self, "dispute"):
            at_us = self.court.now_us + 1_000_000
            state = self._events()[-1].state
            frozen = self.court.see(
                lambda c: measures.frozen(c, self.asset, Facet.ACCOUNTABLE_OWNER.value, at_us)
            )
            assert bool(frozen) == (state in _BOUND)

    @invariant()
    def somebody_is_accountable(self) -> None:
        """The asset is never without an owner."""
        if hasattr(self, "dispute"):
            assert self.court.holder(Facet.ACCOUNTABLE_OWNER, self.asset)

    def teardown(self) -> None:
        """Left to itself, the dispute ends."""
        if not hasattr(self, "dispute"):
            return
        for _ in range(12):
            self.court.days(31)
            self.loop.run(self.court.upkeep())
        assert self.court.case(self.dispute).state in ENDS

    def _events(self) -> tuple[Event, ...]:
        return self.court.see(lambda connection: events(connection, self.dispute))


@pytest.mark.timeout(240)
def test_anybody_may_try_anything_and_every_dispute_ends() -> None:
    """No sequence of attempts takes an illegal step, acts for another, or leaves a dispute without an end."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as loop:
        Anybody.court, Anybody.loop = Court(Path(folder, "control.db")), loop
        loop.run(Anybody.court.begin())
        bounds = settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(Anybody, settings=bounds)
        Anybody.court.control.close()
