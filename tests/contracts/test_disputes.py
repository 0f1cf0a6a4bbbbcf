"""One suite for disputes, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError

from audit.place import Place
from gateway.control.changes import Change
from gateway.errors import (
    AlreadyDecided,
    Conflict,
    MatterDisputed,
    NotPermitted,
    OutOfTurn,
)
from gateway.ownership.disputes import measures, precedents
from gateway.ownership.disputes.cases import find
from gateway.ownership.disputes.clerk import (
    Admit,
    Execute,
    OpenAppeal,
)
from gateway.ownership.disputes.filing import FileDispute, Withdraw
from gateway.ownership.disputes.journal import events
from gateway.ownership.disputes.pleading import (
    AcceptSettlement,
    ProposeSettlement,
)
from gateway.ownership.disputes.states import State
from gateway.ownership.disputes.tables import DISPUTE_EVENT, DISPUTE_MEASURE
from gateway.ownership.operations.reorganisation import Reorganisation, Reshaping, reorganise
from gateway.ownership.registry.facets import Facet
from tests.court import (
    ADMIN,
    CLERK,
    DAY_US,
    PRODUCT,
    RETAIL,
    Court,
)

pytestmark = pytest.mark.anyio

OWNER, BUDGET = Facet.ACCOUNTABLE_OWNER, Facet.BUDGET_OWNER


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    if request.param == "sqlite":
        return tmp_path / "control.db"
    return request.getfixturevalue("postgres_server").place()


@pytest.fixture
async def court(place: Place) -> AsyncIterator[Court]:
    """The story's departments, and an adapter that two of them want."""
    made = Court(place)
    await made.begin()
    yield made
    made.control.close()


async def test_the_food_fight_ends_with_its_facets_split(court: Court) -> None:
    """Claims, answer, evidence, panel, dissent, ruling, execution: the registry says what the panel ruled."""
    dispute = await court.deliberated()
    review = "2027-06-01T00:00:00Z"
    conditions = [{"party": "retail", "text": "pays for the pool"}]
    await court.ruled(dispute, review=review, conditions=conditions)
    await court.final(dispute)
    await court.do(CLERK, Execute(dispute=dispute))
    assert court.case(dispute).state is State.EXECUTED
    assert (court.holder(OWNER), court.holder(BUDGET)) == ("product", "retail")
    assert court.holder(BUDGET, at_us=court.now_us - DAY_US) == ""
    file = court.see(lambda connection: find(connection, dispute))
    dissent = next(vote for vote in file.case.votes if not vote.in_favour)
    assert file.texts[dissent.opinion].text == "the majority overlooks the data"
    assert court.log.steps(dispute) == [event.step for event in file.case.events]


async def test_measures_bind_from_admission_to_the_end(court: Court) -> None:
    """The disputed facets are frozen and both sides' denials count until the dispute ends."""
    dispute = await court.filed()
    assert not court.see(lambda c: measures.in_force(c, court.now_us))
    await court.do(CLERK, Admit(dispute=dispute))
    court.days(0.1)
    both = court.see(lambda c: measures.disputed_by(c, court.now_us))
    assert both == {"support-tone": ("product", "retail")}
    with pytest.raises(MatterDisputed, match=dispute):
        court.see(lambda c: measures.require_unfrozen(c, "support-tone", "budget_owner", court.now_us))
    assert court.see(lambda c: measures.frozen(c, "support-tone", "custodian", court.now_us)) == ""
    bound_us = court.now_us
    court.days(0.1)
    await court.do(RETAIL, Withdraw(dispute=dispute))
    court.days(0.1)
    assert court.see(lambda c: measures.in_force(c, court.now_us)) == ()
    assert court.see(lambda c: measures.frozen(c, "support-tone", "budget_owner", bound_us)) == dispute


async def test_a_settlement_binds_once_all_have_accepted(court: Court) -> None:
    """Neither side accepts for the other; the last acceptance moves the facets."""
    dispute = await court.heard()
    given = [{"facet": "budget_owner", "holder": "retail"}]
    proposal = {"dispute": dispute, "dispositions": given, "terms": "retail pays from next month on"}
    await court.do(RETAIL, ProposeSettlement.model_validate(proposal))
    with pytest.raises(Conflict):
        await court.do(RETAIL, AcceptSettlement(dispute=dispute, settlement=1))
    with pytest.raises(NotPermitted):
        await court.do(CLERK, AcceptSettlement(dispute=dispute, settlement=1))
    assert court.holder(BUDGET) == ""
    await court.do(PRODUCT, AcceptSettlement(dispute=dispute, settlement=1))
    assert court.case(dispute).state is State.SETTLED
    assert court.holder(BUDGET) == "retail"
    with pytest.raises(AlreadyDecided):
        await court.filed()


async def test_silence_alone_brings_a_dispute_to_its_end(court: Court) -> None:
    """With nobody doing anything after the filing, timers lead to deliberation, and there it lapses."""
    dispute = await court.filed()
    seen = []
    for _ in range(12):
        court.days(31)
        if not await court.upkeep():
            break
        seen.append(court.case(dispute).state)
    assert seen == [
        State.ADMITTED,
        State.NOTICE_SERVED,
        State.EVIDENCE_OPEN,
        State.EVIDENCE_SEALED,
        State.MEDIATION,
        State.DELIBERATION,
        State.LAPSED,
    ]
    assert court.see(lambda c: measures.in_force(c, court.now_us + DAY_US)) == ()


async def test_a_decided_matter_stays_decided(court: Court) -> None:
    """Neither side brings it up again, but for a ground that arose after the ruling."""
    dispute = await court.deliberated()
    await court.ruled(dispute)
    await court.final(dispute)
    await court.do(CLERK, Execute(dispute=dispute))
    again = await court.opened()
    with pytest.raises(AlreadyDecided, match=dispute):
        await court.do(RETAIL, FileDispute(dispute=again))
    assert court.case(again).state is State.DRAFT
    court.days(10)
    arose = "2026-01-01T00:00:00Z"
    early = await court.opened(arose=arose)
    with pytest.raises(AlreadyDecided):
        await court.do(RETAIL, FileDispute(dispute=early))
    late = await court.opened(arose="2027-02-05T00:00:00Z")
    await court.do(RETAIL, FileDispute(dispute=late))
    assert court.case(late).state is State.FILED


async def _reorganise(court: Court, plan: Reorganisation) -> None:
    def work(change: Change) -> None:
        reorganise(change, replace(plan, effective_us=change.at_us))

    await court.control.change(ADMIN.actor, work)
    court.days(0.01)


async def test_precedents_are_found_by_what_was_decided(court: Court) -> None:
    """Final rulings are found by facet, type of asset, ground and outcome, and only final ones."""
    dispute = await court.deliberated()
    await court.ruled(dispute)
    assert court.see(precedents.search) == ()
    await court.final(dispute)
    found = court.see(lambda c: precedents.search(c, facet="budget_owner", asset_type="adapter"))
    assert [(each.party, each.granted, each.outcome) for each in found] == [("retail", True, "split")]
    assert court.see(lambda c: precedents.search(c, basis="origination")) == ()
    assert len(court.see(lambda c: precedents.search(c, outcome="split"))) == 2


async def test_what_cannot_be_carried_out_lapses(court: Court) -> None:
    """A ruling for a party that left no successor ends the dispute without moving anything."""
    dispute = await court.deliberated()
    await court.ruled(dispute)
    await court.do(CLERK, OpenAppeal(dispute=dispute))
    plan = Reorganisation(
        kind=Reshaping.SPLIT, units=("retail",), successors=("shops", "online"), effective_us=0
    )
    await _reorganise(court, plan)
    for days in (15, 4):
        court.days(days)
        await court.upkeep()
    case = court.case(dispute)
    assert (case.state, case.events[-1].detail["reason"]) == (State.LAPSED, "conflict")
    assert court.holder(BUDGET) == ""
    assert not [r for r in court.log.records if r.type.value == "ownership.asserted"]


async def test_nothing_happens_when_the_log_cannot_record(court: Court) -> None:
    """Without a durable record no step is taken and no measure begins."""
    dispute = await court.filed()
    court.log.fails = True
    with pytest.raises(Exception, match="audit log"):
        await court.do(CLERK, Admit(dispute=dispute))
    court.log.fails = False
    assert court.case(dispute).state is State.FILED
    assert court.see(lambda c: measures.of_dispute(c, dispute)) == ()


async def test_the_database_keeps_what_was_done(court: Court) -> None:
    """Events can be neither changed, deleted nor put between others, and a measure ends once."""
    dispute = await court.admitted()
    before = court.see(lambda c: events(c, dispute))
    late = {"dispute": dispute, "seq": 2, "step": "x", "state": "x", "at_us": 1, "due_us": 1, "revision": 1}
    inserted = DISPUTE_EVENT.insert().values(**late, actor="", department="", party="", detail="{}")
    for statement in (
        update(DISPUTE_EVENT).values(state="executed"),
        delete(DISPUTE_EVENT),
        inserted,
        update(DISPUTE_MEASURE).values(asset="another"),
        delete(DISPUTE_MEASURE),
    ):
        with pytest.raises(SQLAlchemyError), court.control.database.writer.begin() as connection:
            connection.execute(statement)
    assert court.see(lambda c: events(c, dispute)) == before


async def test_of_two_who_act_at_once_one_is_too_late(court: Court, place: Place) -> None:
    """Two gateways on one database: a step is taken once, and the other hears that it is out of turn."""
    dispute = await court.filed()
    other = Court(place, court.log, fresh=False)
    refused: list[OutOfTurn] = []

    async def admit(through: Court) -> None:
        try:
            await through.do(CLERK, Admit(dispute=dispute))
        except OutOfTurn as late:
            refused.append(late)

    async with anyio.create_task_group() as group:
        for through in (court, other):
            group.start_soon(admit, through)
    other.control.close()
    assert len(refused) == 1
    assert court.log.steps(dispute).count("admitted") == 1
    assert len(court.see(lambda c: measures.of_dispute(c, dispute))) == 2


async def test_silence_takes_effect_once_however_many_gateways_look(court: Court, place: Place) -> None:
    """Two gateways whose upkeep comes at once move a dispute by one step between them."""
    dispute = await court.filed()
    other = Court(place, court.log, fresh=False)
    for through in (court, other):
        through.days(8)
    async with anyio.create_task_group() as group:
        for through in (court, other):
            group.start_soon(through.upkeep)
    other.control.close()
    assert court.case(dispute).state is State.ADMITTED
    assert court.log.steps(dispute).count("admitted") == 1
