"""The operations of disputes: whose they are, when they may be done, and what they lead to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.control.changes import Change
from gateway.errors import (
    Conflict,
    Impossible,
    MatterDisputed,
    NotFound,
    NotPermitted,
    OutOfTurn,
)
from gateway.ownership.assertions import assert_facet
from gateway.ownership.disputes import measures, texts
from gateway.ownership.disputes.cases import listing, overdue_reviews
from gateway.ownership.disputes.clerk import (
    Admit,
    Appoint,
    DecideChallenge,
    Deliberate,
    Execute,
    OpenAppeal,
    OpenEvidence,
    Reject,
    Review,
    Seal,
    Serve,
)
from gateway.ownership.disputes.filing import AddClaims, FileDispute, OpenDispute, Withdraw
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
    Join,
)
from gateway.ownership.disputes.states import State
from gateway.ownership.disputes.values import MeasureKind, Side
from gateway.ownership.facets import Basis, Facet
from gateway.ownership.reorganisation import Reorganisation, Reshaping, reorganise
from tests.court import (
    ADMIN,
    APPEAL_BENCH,
    BENCH,
    CLERK,
    IT,
    PRODUCT,
    RETAIL,
    Court,
    as_service,
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


async def test_the_log_holds_no_word_of_what_people_write(court: Court) -> None:
    """Texts are in the control database; records have their salted digests alone."""
    dispute = await court.heard()
    await court.do(PRODUCT, Answer(dispute=dispute, statement="we trained it on our tickets"))
    said = court.see(lambda connection: texts.of_dispute(connection, dispute))
    assert {each.text for each in said.values()} == {
        "we run it and pay for it",
        "we trained it on our tickets",
    }
    recorded = repr(court.log.records)
    assert "tickets" not in recorded
    assert all(texts.digest_of(each.salt, each.text) == digest for digest, each in said.items())
    assert all(digest in recorded for digest in said)


async def test_a_claim_made_later_is_frozen_as_well(court: Court) -> None:
    """What a party adds to an admitted dispute is bound like the rest, and its holder becomes a party."""
    dispute = await court.heard()
    more = {"facet": "custodian", "basis": "operation", "statement": "we run the pool as well"}
    await court.do(RETAIL, AddClaims.model_validate({"dispute": dispute, "claims": [more]}))
    court.days(0.1)
    assert court.see(lambda c: measures.frozen(c, "support-tone", "custodian", court.now_us)) == dispute
    assert "it" in court.case(dispute).parties_of(Side.RESPONDENT)
    assert "it" in court.see(lambda c: measures.disputed_by(c, court.now_us))["support-tone"]


async def test_whoever_joins_gets_no_say_over_the_asset(court: Court) -> None:
    """An intervener is heard, but its denials bind nobody."""
    dispute = await court.heard()
    await court.do(IT, Join(dispute=dispute, statement="whoever owns it pays for the pool"))
    court.days(0.1)
    assert court.see(lambda c: measures.disputed_by(c, court.now_us))["support-tone"] == ("product", "retail")
    assert court.case(dispute).parties_of(Side.INTERVENER) == ("it",)


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


async def test_nobody_acts_for_the_other_side(court: Court) -> None:
    """Each step is refused to whoever has not the role, or has it for somebody else."""
    dispute = await court.filed()
    for stranger in (
        PRODUCT,
        RETAIL,
        BENCH[0],
        person("x", "retail", "clerk"),
        person("y", "product", "clerk"),
    ):
        with pytest.raises(NotPermitted):
            await court.do(stranger, Admit(dispute=dispute))
    with pytest.raises(NotPermitted):
        await court.do(PRODUCT, Withdraw(dispute=dispute))
    await court.do(CLERK, Admit(dispute=dispute))
    await court.do(CLERK, Serve(dispute=dispute))
    for stranger in (IT, CLERK, person("z", "product"), BENCH[0]):
        with pytest.raises(NotPermitted):
            await court.do(stranger, Answer(dispute=dispute, statement="for you"))
    for stranger in (person("j", "retail", "adjudicator"), as_service(BENCH[0]), IT):
        with pytest.raises(NotPermitted):
            await court.do(stranger, OfferSeat(dispute=dispute))


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


async def test_an_expired_timer_takes_effect_before_anybody_acts(court: Court) -> None:
    """Whoever comes after the time is up is too late, though no upkeep ran."""
    dispute = await court.heard()
    court.days(31)
    with pytest.raises(OutOfTurn):
        await court.do(CLERK, Seal(dispute=dispute))
    with pytest.raises(OutOfTurn):
        await court.do(RETAIL, Answer(dispute=dispute, statement="wait"))
    assert court.case(dispute).state is State.EVIDENCE_OPEN
    await court.upkeep()
    assert court.case(dispute).state is State.EVIDENCE_SEALED


async def test_a_clock_that_goes_back_expires_nothing(court: Court) -> None:
    """Timers are measured on the time of changes, which never goes back."""
    dispute = await court.heard()
    court.days(-400)
    await court.do(PRODUCT, Answer(dispute=dispute, statement="still here"))
    assert await court.upkeep() == ()
    times = [event.at_us for event in court.case(dispute).events]
    assert times == sorted(times)


async def test_a_clock_that_leaps_takes_one_step_at_a_time(court: Court) -> None:
    """After a leap each state still gets its own time: no state is skipped."""
    dispute = await court.heard()
    court.days(4000)
    assert await court.upkeep() == (dispute,)
    assert court.case(dispute).state is State.EVIDENCE_SEALED
    assert await court.upkeep() == ()


async def test_a_ground_in_the_future_has_not_arisen(court: Court) -> None:
    """A new ground that lies ahead is refused as impossible."""
    with pytest.raises(Impossible):
        await court.opened(arose="2099-01-01T00:00:00Z")


async def test_one_dispute_at_a_time_about_one_facet(court: Court) -> None:
    """Who would file a second dispute about what is disputed is told to join the first."""
    first = await court.filed()
    second = await court.opened(by=IT)
    with pytest.raises(MatterDisputed, match=first):
        await court.do(IT, FileDispute(dispute=second))


async def test_what_makes_no_sense_changes_nothing(court: Court) -> None:
    """Reversed times, two claims to one facet, own facets, unknown assets and disputes are refused."""
    claim = {"facet": "accountable_owner", "basis": "operation", "statement": "ours"}
    backwards = {**claim, "valid_from": "2027-02-01T00:00:00Z", "valid_to": "2027-01-01T00:00:00Z"}
    for claims in ([claim, claim], [backwards], [{**claim, "basis": "default"}]):
        with pytest.raises(Impossible):
            await court.do(RETAIL, OpenDispute.model_validate({"asset": "support-tone", "claims": claims}))
    with pytest.raises(Impossible, match="nobody to dispute with"):
        await court.do(PRODUCT, OpenDispute.model_validate({"asset": "support-tone", "claims": [claim]}))
    with pytest.raises(NotFound):
        await court.do(RETAIL, OpenDispute.model_validate({"asset": "nothing", "claims": [claim]}))
    with pytest.raises(NotFound):
        await court.do(CLERK, Admit(dispute="nothing"))
    assert court.see(listing) == ()


async def test_a_successor_takes_the_place_of_a_party_that_ended(court: Court) -> None:
    """After a reorganisation the successor answers, is bound, and is given what its predecessor was."""
    dispute = await court.heard()
    await _rename(court, "retail", "commerce")
    commerce = person("commerce-lead", "commerce", "owner")
    await court.do(commerce, Answer(dispute=dispute, statement="we go on"))
    with pytest.raises(NotPermitted):
        await court.do(RETAIL, Answer(dispute=dispute, statement="so do we"))
    await court.do(CLERK, Seal(dispute=dispute))
    court.days(4)
    await court.upkeep()
    await court.seated(dispute)
    await court.do(CLERK, Deliberate(dispute=dispute))
    await court.ruled(dispute)
    await court.final(dispute)
    await court.do(CLERK, Execute(dispute=dispute))
    assert court.holder(BUDGET) == "commerce"


async def test_sides_that_become_one_have_nothing_to_dispute(court: Court) -> None:
    """When both parties merge, the dispute lapses and binds nobody any more."""
    dispute = await court.heard()
    plan = Reorganisation(
        kind=Reshaping.MERGE, units=("retail", "product"), successors=("goods",), effective_us=0
    )
    await _reorganise(court, plan)
    court.days(1)
    owner = person("goods-lead", "goods", "owner")
    with pytest.raises(OutOfTurn):
        await court.do(owner, Answer(dispute=dispute, statement="to ourselves"))
    court.days(30)
    await court.upkeep()
    assert court.case(dispute).state is State.LAPSED


async def _rename(court: Court, old: str, new: str) -> None:
    await _reorganise(
        court, Reorganisation(kind=Reshaping.RENAME, units=(old,), successors=(new,), effective_us=0)
    )


async def _reorganise(court: Court, plan: Reorganisation) -> None:
    def work(change: Change) -> None:
        reorganise(change, replace(plan, effective_us=change.at_us))

    await court.control.change(ADMIN.actor, work)
    court.days(0.01)


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


async def test_what_is_inadmissible_ends_with_reasons(court: Court) -> None:
    """A rejected dispute goes no further, binds nobody, and may be filed again."""
    dispute = await court.filed()
    await court.do(CLERK, Reject(dispute=dispute, reason="nothing is claimed"))
    for step in (Serve, OpenEvidence, Admit):
        with pytest.raises(OutOfTurn):
            await court.do(CLERK, step(dispute=dispute))
    assert court.case(await court.filed()).state is State.FILED


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


async def test_whoever_holds_it_at_admission_must_answer(court: Court) -> None:
    """A facet that moved between filing and admission brings its new holder in, and that one is bound."""
    dispute = await court.filed()
    move = partial(
        assert_facet,
        asset="support-tone",
        facet=BUDGET,
        holder="it",
        basis=Basis.TRANSFER,
        valid_from_us=court.now_us + 1_000,
    )
    await court.control.change(ADMIN.actor, move)
    court.days(1)
    await court.do(CLERK, Admit(dispute=dispute))
    assert court.case(dispute).parties_of(Side.RESPONDENT) == ("product", "it")
    court.days(0.1)
    assert court.see(lambda c: measures.disputed_by(c, court.now_us))["support-tone"] == (
        "it",
        "product",
        "retail",
    )


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


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "x" * 20_001])
def test_a_text_that_cannot_be_kept_is_no_text(text: str) -> None:
    """Empty, endless and broken texts are refused before anything is tried."""
    with pytest.raises(ValidationError):
        Answer(dispute="d", statement=text)
