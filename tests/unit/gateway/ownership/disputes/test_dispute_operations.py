"""The operations of disputes: whose they are, when they may be done, and what they lead to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from audit.entry import EntryType
from gateway.control.changes import Change
from gateway.control.operations import Catalogue, Operation
from gateway.errors import (
    Conflict,
    Impossible,
    MatterDisputed,
    NotFound,
    NotPermitted,
    OutOfTurn,
)
from gateway.ownership.disputes import measures, texts
from gateway.ownership.disputes.case import fold
from gateway.ownership.disputes.cases import listing
from gateway.ownership.disputes.clerk import (
    Admit,
    Deliberate,
    Execute,
    OpenEvidence,
    Reject,
    Seal,
    Serve,
)
from gateway.ownership.disputes.filing import AddClaims, FileDispute, OpenDispute, Withdraw
from gateway.ownership.disputes.operations import operations
from gateway.ownership.disputes.panels import (
    OfferSeat,
)
from gateway.ownership.disputes.pleading import (
    Answer,
    Join,
)
from gateway.ownership.disputes.states import DAYS, State
from gateway.ownership.disputes.values import Side
from gateway.ownership.operations.reorganisation import Reorganisation, Reshaping, reorganise
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.facets import Basis, Facet
from tests.court import (
    ADMIN,
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


async def test_what_is_inadmissible_ends_with_reasons(court: Court) -> None:
    """A rejected dispute goes no further, binds nobody, and may be filed again."""
    dispute = await court.filed()
    await court.do(CLERK, Reject(dispute=dispute, reason="nothing is claimed"))
    for step in (Serve, OpenEvidence, Admit):
        with pytest.raises(OutOfTurn):
            await court.do(CLERK, step(dispute=dispute))
    assert court.case(await court.filed()).state is State.FILED


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


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "x" * 20_001])
def test_a_text_that_cannot_be_kept_is_no_text(text: str) -> None:
    """Empty, endless and broken texts are refused before anything is tried."""
    with pytest.raises(ValidationError):
        Answer(dispute="d", statement=text)


async def test_a_dispute_that_cannot_go_on_holds_up_no_other(
    court: Court, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the default of one fails it is logged and tried again, and the others move."""
    await court.asset("other-tone")
    first, second = await court.filed(), await court.filed("other-tone")
    court.days(8)
    court.log.refused = first
    assert await court.upkeep() == (second,)
    assert first in caplog.text
    court.log.refused = ""
    assert await court.upkeep() == (first,)


async def test_disputes_are_listed_by_what_they_are_about(court: Court) -> None:
    """Party, asset, kind and state narrow the list; it goes on behind an id."""
    await court.asset("other-tone")
    first, second = await court.filed(), await court.opened("other-tone")

    def listed(**by: Any) -> list[str]:
        return [case.id for case in court.see(lambda c: listing(c, **by))]

    assert listed() == listed(party="product") == listed(kind="dispute") == [first, second]
    assert listed(asset="other-tone") == listed(state="draft") == listed(after=first) == [second]
    assert listed(party="it") == listed(kind="mandate") == []
    assert listed(limit=1) == [first]


async def test_only_the_initiator_withdraws_and_only_its_own(court: Court) -> None:
    """Once another party claims something the dispute is not the initiator's to end."""
    dispute = await court.heard()
    claim = {"facet": "ip_holder", "basis": "origination", "statement": "we trained it"}
    await court.do(PRODUCT, AddClaims.model_validate({"dispute": dispute, "claims": [claim]}))
    with pytest.raises(Conflict, match="settle"):
        await court.do(RETAIL, Withdraw(dispute=dispute))
    with pytest.raises(Conflict, match="already"):
        await court.do(PRODUCT, AddClaims.model_validate({"dispute": dispute, "claims": [claim]}))


async def test_a_dispute_keeps_the_days_that_it_was_opened_with(court: Court) -> None:
    """What the settings say later changes no running dispute; its first record says what it goes by."""
    slow, quick = [_opened_with(days) for days in (90, 1)]
    first = str((await court.do(RETAIL, slow))["dispute"])
    later = str((await court.do(RETAIL, quick))["dispute"])
    court.days(2)
    assert await court.upkeep() == (later,)
    court.days(86)
    assert (await court.upkeep(), court.case(first).state) == ((), State.DRAFT)
    court.days(3)
    assert await court.upkeep() == (first,)
    opened, _ = (each.detail for each in court.log.records if each.type is EntryType.DISPUTE_OPENED)
    assert opened["days"] == {state.value: days for state, days in {**DAYS, State.DRAFT: 90}.items()}


async def test_a_dispute_of_before_goes_by_the_table(court: Court) -> None:
    """One whose first event says nothing of days waits as long as it did when that was written."""
    case = court.case(await court.opened())
    first = case.events[0]
    bare = {name: value for name, value in first.detail.items() if name != "days"}
    assert fold([replace(first, detail=bare)]).days == DAYS


def _opened_with(days: int) -> Operation:
    catalogue = Catalogue(operations({**DAYS, State.DRAFT: days}))
    claim = {"facet": "accountable_owner", "basis": "operation", "statement": "we run it"}
    return catalogue.read("dispute.open", orjson.dumps({"asset": "support-tone", "claims": [claim]}).decode())
