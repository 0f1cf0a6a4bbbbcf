"""Panels: seats, measures, drafts, votes, rulings, appeals and reviews."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import (
    Conflict,
    Impossible,
    NotPermitted,
    OutOfTurn,
)
from gateway.ownership.disputes import measures
from gateway.ownership.disputes.cases import overdue_reviews
from gateway.ownership.disputes.clerk import (
    Admit,
    Appoint,
    DecideChallenge,
    Deliberate,
    Execute,
    Mediate,
    OpenAppeal,
    OpenEvidence,
    Review,
    Seal,
    Serve,
)
from gateway.ownership.disputes.filing import FileDispute
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
    Answer,
    Appeal,
    ChallengeAdjudicator,
)
from gateway.ownership.disputes.states import State
from gateway.ownership.disputes.values import MeasureKind
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import Facet
from tests.court import (
    APPEAL_BENCH,
    BENCH,
    CLERK,
    DAY_US,
    IT,
    PRODUCT,
    RETAIL,
    START_US,
    Court,
    person,
)

pytestmark = pytest.mark.anyio

OWNER, BUDGET = Facet.ACCOUNTABLE_OWNER, Facet.BUDGET_OWNER


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    """The story's departments, and an adapter that two of them want."""
    made = Court(tmp_path / "control.db")
    await made.begin()
    yield made
    made.control.close()


async def test_a_panel_orders_and_lifts_measures(court: Court) -> None:
    """A member may suspend the asset and lift that again, but never the status quo."""
    dispute = await court.deliberated()
    suspend = OrderMeasure(dispute=dispute, measure=MeasureKind.SUSPENDED, reason="it leaks")
    with pytest.raises(NotPermitted):
        await court.do(PRODUCT, suspend)
    await court.do(BENCH[0], suspend)
    court.days(0.1)
    assert court.see(lambda c: measures.suspended(c, court.now_us)) == {"support-tone": dispute}
    await court.do(BENCH[1], LiftMeasure(dispute=dispute, measure=MeasureKind.SUSPENDED, reason="mended"))
    court.days(0.1)
    assert court.see(lambda c: measures.suspended(c, court.now_us)) == {}
    quo = LiftMeasure(dispute=dispute, measure=MeasureKind.STATUS_QUO, reason="impatience")
    with pytest.raises(Conflict):
        await court.do(BENCH[1], quo)


async def test_a_panel_is_full_before_it_rules(court: Court) -> None:
    """Seats are for those who offered, three of them, and no draft comes from fewer."""
    dispute = await court.heard()
    await court.do(BENCH[0], OfferSeat(dispute=dispute))
    with pytest.raises(Conflict):
        await court.do(CLERK, Appoint(dispute=dispute, adjudicator="sub_judge-1"))
    await court.do(CLERK, Appoint(dispute=dispute, adjudicator="sub_judge-0"))
    with pytest.raises(Conflict):
        await court.do(CLERK, Appoint(dispute=dispute, adjudicator="sub_judge-0"))
    for days in (31, 4):
        court.days(days)
        await court.upkeep()
    with pytest.raises(Conflict):
        await court.do(CLERK, Deliberate(dispute=dispute))
    court.days(15)
    await court.upkeep()
    assert court.case(dispute).state is State.DELIBERATION
    with pytest.raises(Conflict, match="1 of 3"):
        await court.drafted(dispute, None, BENCH[0])


async def test_a_vote_stands_and_supports_one_draft(court: Court) -> None:
    """A member votes once on a draft and for one only; a ruling needs every vote and a majority."""
    dispute = await court.deliberated()
    first = await court.drafted(dispute, None, BENCH[0])
    other = await court.drafted(dispute, {"accountable_owner": "retail", "budget_owner": "retail"}, BENCH[1])
    await court.do(BENCH[0], CastVote(dispute=dispute, ruling=first, in_favour=True))
    for again in (first, other):
        with pytest.raises(Conflict):
            await court.do(BENCH[0], CastVote(dispute=dispute, ruling=again, in_favour=True))
    await court.do(BENCH[1], CastVote(dispute=dispute, ruling=first, in_favour=True))
    with pytest.raises(Conflict, match="have not voted"):
        await court.do(BENCH[0], Rule(dispute=dispute, ruling=first))
    await court.do(BENCH[2], CastVote(dispute=dispute, ruling=first, in_favour=False, opinion="no"))
    with pytest.raises(Conflict):
        await court.do(BENCH[0], Rule(dispute=dispute, ruling=other))
    await court.do(BENCH[0], Rule(dispute=dispute, ruling=first))
    assert court.case(dispute).state is State.RULED


async def test_a_ruling_decides_what_is_disputed_and_nothing_else(court: Court) -> None:
    """A draft that leaves a facet open, takes another's, or names a stranger is impossible."""
    dispute = await court.deliberated()
    for given in (
        {"budget_owner": "retail"},
        {"accountable_owner": "retail", "budget_owner": "retail", "custodian": "retail"},
        {"accountable_owner": "it", "budget_owner": "retail"},
    ):
        with pytest.raises(Impossible):
            await court.drafted(dispute, given, BENCH[0])
    with pytest.raises(Impossible):
        await court.drafted(dispute, None, BENCH[0], term="2026-01-01T00:00:00Z")
    assert court.case(dispute).drafts == ()


async def test_who_steps_back_counts_no_more(court: Court) -> None:
    """A recused member's vote is lost with the seat, and another takes it."""
    dispute = await court.deliberated()
    number = await court.drafted(dispute, None, BENCH[0])
    for judge in BENCH[:2]:
        await court.do(judge, CastVote(dispute=dispute, ruling=number, in_favour=True))
    await court.do(BENCH[0], Recuse(dispute=dispute, reason="my team uses it"))
    assert court.case(dispute).majority is None
    with pytest.raises(NotPermitted):
        await court.do(BENCH[0], CastVote(dispute=dispute, ruling=number, in_favour=True))
    await court.seated(dispute, APPEAL_BENCH[:1])
    await court.do(APPEAL_BENCH[0], CastVote(dispute=dispute, ruling=number, in_favour=True))
    assert court.case(dispute).majority is not None


async def test_a_challenge_is_decided_before_a_ruling(court: Court) -> None:
    """While a challenge waits nobody rules; upheld, it takes the seat."""
    dispute = await court.deliberated()
    challenge = ChallengeAdjudicator(dispute=dispute, adjudicator="sub_judge-2", reason="a friend of theirs")
    await court.do(PRODUCT, challenge)
    with pytest.raises(Conflict):
        await court.do(PRODUCT, challenge)
    with pytest.raises(Conflict, match="challenge"):
        await court.ruled(dispute)
    decision = DecideChallenge(dispute=dispute, challenge=1, upheld=True, reason="so it seems")
    for stranger in (PRODUCT, RETAIL, BENCH[2]):
        with pytest.raises(NotPermitted):
            await court.do(stranger, decision)
    await court.do(CLERK, decision)
    assert len(court.case(dispute).bench) == 2
    with pytest.raises(Conflict):
        await court.do(CLERK, decision)


async def test_an_appeal_goes_once_to_other_people(court: Court) -> None:
    """The second panel's ruling replaces the first, and nobody who sat before sits again."""
    dispute = await court.deliberated()
    await court.ruled(dispute)
    await court.do(CLERK, OpenAppeal(dispute=dispute))
    with pytest.raises(NotPermitted):
        await court.do(IT, Appeal(dispute=dispute, statement="we were not asked"))
    await court.do(RETAIL, Appeal(dispute=dispute, statement="the cost was not weighed"))
    with pytest.raises(Conflict):
        await court.do(BENCH[0], OfferSeat(dispute=dispute))
    await court.seated(dispute, APPEAL_BENCH)
    given = {"accountable_owner": "retail", "budget_owner": "retail"}
    await court.ruled(dispute, given, APPEAL_BENCH)
    with pytest.raises(OutOfTurn):
        await court.do(CLERK, OpenAppeal(dispute=dispute))
    court.days(4)
    await court.upkeep()
    assert court.case(dispute).state is State.FINAL
    await court.do(CLERK, Execute(dispute=dispute))
    assert court.holder(OWNER) == "retail"


async def test_an_appeal_that_nobody_decides_leaves_the_first_ruling(court: Court) -> None:
    """Silence on appeal makes the first ruling final, and executes it in the end."""
    dispute = await court.deliberated()
    await court.ruled(dispute)
    await court.do(CLERK, OpenAppeal(dispute=dispute))
    await court.do(PRODUCT, Appeal(dispute=dispute, statement="too little"))
    for days in (31, 4):
        court.days(days)
        await court.upkeep()
    assert court.case(dispute).state is State.EXECUTED
    assert court.holder(BUDGET) == "retail"


async def test_a_majority_that_nobody_announces_rules_by_silence(court: Court) -> None:
    """A draft with more than half of the panel behind it becomes the ruling when the time is up."""
    dispute = await court.deliberated()
    number = await court.drafted(dispute, None, BENCH[0])
    for judge in BENCH[:2]:
        await court.do(judge, CastVote(dispute=dispute, ruling=number, in_favour=True))
    court.days(31)
    await court.upkeep()
    case = court.case(dispute)
    assert (case.state, case.ruling and case.ruling.number) == (State.RULED, number)


async def test_a_review_is_overdue_until_it_is_done(court: Court) -> None:
    """An executed ruling with a review date is told of until somebody reviewed it, once."""
    dispute = await court.deliberated()
    await court.ruled(dispute, review="2027-06-01T00:00:00Z")
    await court.final(dispute)
    await court.do(CLERK, Execute(dispute=dispute))
    court.days(900)
    assert [case.id for case in court.see(lambda c: overdue_reviews(c, court.now_us))] == [dispute]
    executed = next(r for r in court.log.records if r.type.value == "dispute.executed")
    assert (executed.detail["review_id"], executed.detail["review_of"]) == (dispute, "retail")
    await court.do(CLERK, Review(dispute=dispute, statement="all is well"))
    assert court.see(lambda c: overdue_reviews(c, court.now_us)) == ()
    with pytest.raises(Conflict):
        await court.do(CLERK, Review(dispute=dispute, statement="again"))


async def test_drafts_are_judged_by_whoever_may_draft(court: Court) -> None:
    """A party cannot draft a ruling, and a panel not before it deliberates."""
    dispute = await court.heard()
    await court.seated(dispute)
    draft = {"dispute": dispute, "dispositions": [{"facet": "accountable_owner"}], "reasons": "because"}
    with pytest.raises(NotPermitted):
        await court.do(RETAIL, DraftRuling.model_validate(draft))
    whole = {**draft, "dispositions": [{"facet": "accountable_owner"}, {"facet": "budget_owner"}]}
    with pytest.raises(OutOfTurn):
        await court.do(BENCH[0], DraftRuling.model_validate(whole))


async def test_who_acted_in_a_matter_does_not_judge_it(court: Court) -> None:
    """A clerk of the matter takes no seat in it, and who has a seat is neither clerk nor party."""
    dispute = await court.heard()
    both = replace(CLERK, subject=replace(CLERK.subject, roles=("clerk", "adjudicator")))
    with pytest.raises(Conflict):
        await court.do(both, OfferSeat(dispute=dispute))
    judge = person("judge-9", "security", "adjudicator", "clerk")
    await court.do(judge, OfferSeat(dispute=dispute))
    with pytest.raises(NotPermitted):
        await court.do(judge, Seal(dispute=dispute))
    moved = replace(judge, subject=replace(judge.subject, department="product", roles=("owner",)))
    with pytest.raises(NotPermitted):
        await court.do(moved, Answer(dispute=dispute, statement="we"))


async def test_a_ruling_on_the_past_leaves_what_was_believed_then(court: Court) -> None:
    """A facet given from an earlier time is held from then on in hindsight, and was not believed then."""
    court.days(10)
    since, early = "2027-01-20T00:00:00Z", "2027-01-19T00:00:00Z"
    dispute = await court.opened(valid_from=since)
    await court.do(RETAIL, FileDispute(dispute=dispute))
    for step in (Admit, Serve, OpenEvidence, Seal, Mediate):
        await court.do(CLERK, step(dispute=dispute))
    await court.seated(dispute)
    await court.do(CLERK, Deliberate(dispute=dispute))
    given = {"facet": "budget_owner", "holder": "retail"}
    rest = {"facet": "accountable_owner"}
    for wrong in (early, "2027-03-01T00:00:00Z"):
        draft = {"dispute": dispute, "reasons": "r", "dispositions": [{**given, "valid_from": wrong}, rest]}
        with pytest.raises(Impossible):
            await court.do(BENCH[0], DraftRuling.model_validate(draft))
    right = {"dispute": dispute, "reasons": "r", "dispositions": [{**given, "valid_from": since}, rest]}
    number = int(str((await court.do(BENCH[0], DraftRuling.model_validate(right)))["ruling"]))
    for judge in BENCH:
        await court.do(judge, CastVote(dispute=dispute, ruling=number, in_favour=True))
    await court.do(BENCH[0], Rule(dispute=dispute, ruling=number))
    await court.final(dispute)
    before_us = court.now_us
    court.days(0.1)
    await court.do(CLERK, Execute(dispute=dispute))
    then_us = START_US + 6 * DAY_US
    assert court.holder(BUDGET, at_us=then_us) == "retail"
    assert court.see(lambda c: owner(c, "support-tone", BUDGET, then_us, before_us)) is None


async def test_what_contradicts_itself_is_no_ruling(court: Court) -> None:
    """Two holders of one facet, a condition of a stranger, and a term without a review are impossible."""
    dispute = await court.deliberated()
    one = {"facet": "accountable_owner", "holder": "retail"}
    twice = [one, {**one, "holder": "product"}, {"facet": "budget_owner"}]
    draft = {"dispute": dispute, "reasons": "r", "dispositions": twice}
    with pytest.raises(Impossible, match="once"):
        await court.do(BENCH[0], DraftRuling.model_validate(draft))
    stranger = [{"party": "legal", "text": "pays"}]
    with pytest.raises(Impossible, match="legal"):
        await court.drafted(dispute, None, BENCH[0], conditions=stranger)
    with pytest.raises(Impossible, match="review"):
        await court.drafted(dispute, None, BENCH[0], term="2030-01-01T00:00:00Z")
    with pytest.raises(Impossible, match="no draft"):
        await court.do(BENCH[0], Rule(dispute=dispute, ruling=1))


async def test_a_lifted_measure_can_be_ordered_again(court: Court) -> None:
    """The union of denials ends when a member lifts it, and binds again when one orders it."""
    dispute = await court.deliberated()
    union = {"dispute": dispute, "measure": MeasureKind.UNION_OF_DENIES, "reason": "for now"}
    await court.do(BENCH[0], LiftMeasure.model_validate(union))
    court.days(0.1)
    assert court.see(lambda c: measures.disputed_by(c, court.now_us)) == {}
    with pytest.raises(Conflict):
        await court.do(BENCH[0], LiftMeasure.model_validate(union))
    await court.do(BENCH[1], OrderMeasure.model_validate(union))
    court.days(0.1)
    assert court.see(lambda c: measures.disputed_by(c, court.now_us)) == {
        "support-tone": ("product", "retail")
    }
    quo = {**union, "measure": MeasureKind.STATUS_QUO}
    await court.do(BENCH[1], OrderMeasure.model_validate(quo))
    kinds = [each.kind for each in court.see(lambda c: measures.of_dispute(c, dispute))]
    assert kinds.count(MeasureKind.STATUS_QUO) == 1
