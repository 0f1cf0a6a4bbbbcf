"""One suite for operations that two people do, and for requests that come twice, on both databases."""

import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import ClassVar

import anyio
import pytest
from pydantic import Field
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Entry, EntryType
from audit.log import Log
from audit.place import Place
from gateway.control import proposals
from gateway.control.changes import Change, Control, current_revision
from gateway.control.governance import Governance, Terms, TwoPeople
from gateway.control.operations import Acting, Catalogue, Operation, Outcome
from gateway.control.proposals import ANSWER, PROPOSAL
from gateway.control.requests import DONE, Performed
from gateway.control.schema import CONTROL_CHANGE
from gateway.domain import Subject
from gateway.errors import Conflict, CustodyError, IdempotencyKeyReused, NotFound, NotPermitted
from tests.patience import patient_control, patient_log

pytestmark = pytest.mark.anyio

HOUR_US = 3_600_000_000


class Hand(Operation):
    """Hands an asset over."""

    kind: ClassVar[str] = "test.hand"
    changes_rights: ClassVar[bool] = True
    asset: str = Field(description="Which.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """Possible for owners, while there is something to hand over."""
        acting.require("owner", "product")
        if self.asset == "gone":
            raise Conflict("It is gone.")
        change.record(EntryType.AUDITOR_QUERY, {"handed": self.asset, "approved_by": acting.approved_by})
        return {"handed": self.asset, "by": acting.principal}


class Look(Hand):
    """Looks at an asset."""

    kind: ClassVar[str] = "test.look"
    changes_rights: ClassVar[bool] = False


def _person(name: str, department: str = "product", *, roles: tuple[str, ...] = ("owner",)) -> Acting:
    return Acting(name, Subject(f"sub_{name}", "person", department, roles=roles))


LEAD, DEPUTY, OUTSIDER = _person("lead"), _person("deputy"), _person("outsider", "retail")
ROBOT = Acting("robot", Subject("sub_robot", "service", "product", roles=("owner",)))


class Staff:
    """Whoever is employed today."""

    def __init__(self, *people: Acting) -> None:
        self.people = {each.subject.id: each for each in people}

    def find(self, subject: str) -> Acting | None:
        """By opaque id."""
        return self.people.get(subject)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    if request.param == "sqlite":
        return tmp_path / "control.db"
    return request.getfixturevalue("postgres_server").place()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    """A log of its own."""
    opened = patient_log(tmp_path / "audit.db")
    yield opened
    await opened.aclose()


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now_us = HOUR_US

    def __call__(self) -> int:
        """Now."""
        return self.now_us


@pytest.fixture
def clock() -> Clock:
    """The clock of the governance."""
    return Clock()


@pytest.fixture
def staff() -> Staff:
    """Who there is."""
    return Staff(LEAD, DEPUTY, OUTSIDER, ROBOT)


_NUMBERS = itertools.count()


@pytest.fixture
async def governance(place: Place, log: Log, clock: Clock, staff: Staff) -> AsyncIterator[Governance]:
    """Governance in which whatever changes rights needs two people."""
    control = Control(
        patient_control(place), log, wall_us=clock, new_id=lambda: f"change-{next(_NUMBERS):06}"
    )
    two_people = TwoPeople(frozenset({"*"}), hours=1)
    yield Governance(control, Catalogue([Hand, Look]), staff, two_people)
    control.close()


async def _count(governance: Governance, table: object) -> int:
    def counted(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[call-overload]

    return await governance.control.read(counted)


async def _entries(governance: Governance, log: Log) -> list[Entry]:
    revision = await governance.control.read(current_revision)
    store = await governance.control.read(
        lambda c: c.exec_driver_sql("SELECT store FROM control_head").scalar_one()
    )
    return [
        entry
        for number in range(1, revision + 1)
        for entry in await log.of_request(f"control-{store}-{number}")
    ]


async def test_what_needs_one_person_is_done_at_once(governance: Governance) -> None:
    """An operation that the rule does not name takes effect when it is asked for."""
    done = await governance.perform(LEAD, Look(asset="a"))
    assert done == Performed({"handed": "a", "by": "lead"}, 1)


async def test_two_people_do_it_together(governance: Governance, log: Log) -> None:
    """The first proposes and nothing happens; the second consents, and the log tells both by name."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    assert waiting.outcome == {"proposal": waiting.proposal}
    done = await governance.consent(DEPUTY, waiting.proposal)
    assert done.outcome == {"handed": "a", "by": "lead"}
    told = [(entry.record.type, entry.record.actor.id) for entry in await _entries(governance, log)]
    assert told == [
        (EntryType.OPERATION_PROPOSED, "sub_lead"),
        (EntryType.OPERATION_CONSENTED, "sub_deputy"),
        (EntryType.AUDITOR_QUERY, "sub_lead"),
    ]
    assert (await _entries(governance, log))[-1].record.detail["approved_by"] == "sub_deputy"
    proposal = await governance.control.read(lambda c: proposals.find(c, waiting.proposal))
    assert proposal.answer is not None
    assert (proposal.answer.verdict, proposal.answer.outcome) == ("consented", done.outcome)


@pytest.mark.parametrize("second", [LEAD, OUTSIDER, ROBOT, _person("clerk", roles=("clerk",))])
async def test_the_second_person_is_another_one_who_may(governance: Governance, second: Acting) -> None:
    """Neither the proposer, nor a service, nor anybody without the right can be the second person."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    with pytest.raises(NotPermitted):
        await governance.consent(second, waiting.proposal)
    assert await governance.control.read(current_revision) == 1


@pytest.mark.parametrize("first", [OUTSIDER, ROBOT])
async def test_a_proposal_is_rehearsed(governance: Governance, first: Acting) -> None:
    """What could not be done cannot be proposed, and a rehearsal leaves nothing behind."""
    with pytest.raises(NotPermitted):
        await governance.perform(first, Hand(asset="a"))
    with pytest.raises(Conflict):
        await governance.perform(LEAD, Hand(asset="gone"))
    assert await _count(governance, PROPOSAL) == await _count(governance, CONTROL_CHANGE) == 0


class Give(Hand):
    """Gives an asset to a party."""

    kind: ClassVar[str] = "test.give"
    parties: ClassVar[tuple[str, ...]] = ("to", "shares")
    to: str = Field(description="Whom.")
    shares: dict[str, str] = Field({}, description="Who gets a part, by part.")

    def apply(self, change: Change, acting: Acting) -> Outcome:
        """As a hand-over."""
        return {**super().apply(change, acting), "to": self.to, "shares": dict(self.shares)}


def _heir(connection: Connection, name: str, at_us: int) -> str:
    del connection, at_us
    if name == "torn":
        raise Conflict("Two stand in its place.")
    return {"old": "new"}.get(name, name)


async def test_a_proposal_follows_a_party_that_was_renamed(governance: Governance, log: Log) -> None:
    """It is done to whoever stands in the old name's place, and the record of the consent says so."""
    following = Governance(
        governance.control, Catalogue([Give]), Staff(LEAD, DEPUTY), TwoPeople(frozenset({"*"})), heir=_heir
    )
    asked = Give(asset="a", to="old", shares={"x": "old", "y": "other"})
    waiting = await following.perform(LEAD, asked)
    done = await following.consent(DEPUTY, waiting.proposal)
    assert done.outcome == {"handed": "a", "by": "lead", "to": "new", "shares": {"x": "new", "y": "other"}}
    proposed, consented, _ = [entry.record.detail for entry in await _entries(governance, log)]
    assert consented["in_place_of"] == {"old": "new"}
    assert consented["digest"] == proposed["digest"] == asked.fingerprint()


async def test_a_proposal_about_a_party_that_was_torn_apart(governance: Governance) -> None:
    """Nobody can consent to it; declining it stays the right of those whose the operation is."""
    following = Governance(
        governance.control,
        Catalogue([Give]),
        Staff(LEAD, DEPUTY, OUTSIDER),
        TwoPeople(frozenset({"*"})),
        heir=_heir,
    )
    waiting = await following.perform(LEAD, Give(asset="a", to="torn"))
    with pytest.raises(Conflict, match="Two stand"):
        await following.consent(DEPUTY, waiting.proposal)
    with pytest.raises(NotPermitted):
        await following.decline(OUTSIDER, waiting.proposal)
    await following.decline(DEPUTY, waiting.proposal)


@pytest.mark.parametrize("loss", ["role", "person"])
async def test_the_first_person_must_still_be_allowed_to(
    governance: Governance, staff: Staff, loss: str
) -> None:
    """Consent does nothing once the proposer lost the role, or is gone."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    if loss == "role":
        staff.people[LEAD.subject.id] = _person("lead", roles=())
    else:
        del staff.people[LEAD.subject.id]
    with pytest.raises((NotPermitted, Conflict)):
        await governance.consent(DEPUTY, waiting.proposal)
    assert await _count(governance, ANSWER) == 0


async def test_silence_expires(governance: Governance, clock: Clock) -> None:
    """A proposal that nobody answered within its hour cannot be answered any more."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    clock.now_us += HOUR_US
    for answer in (governance.consent, governance.decline):
        with pytest.raises(Conflict, match="expired"):
            await answer(DEPUTY, waiting.proposal)


@pytest.mark.parametrize(
    ("who", "verdict", "kind"),
    [(LEAD, "withdrawn", EntryType.OPERATION_WITHDRAWN), (DEPUTY, "declined", EntryType.OPERATION_DECLINED)],
)
async def test_a_proposal_can_be_ended(
    governance: Governance, log: Log, who: Acting, verdict: str, kind: EntryType
) -> None:
    """Its proposer withdraws it, another declines it; either is final and on record."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    await governance.decline(who, waiting.proposal, "not now")
    (proposal,) = await governance.control.read(proposals.listing)
    assert proposal.state(0) == verdict
    assert (await _entries(governance, log))[-1].record.type is kind
    with pytest.raises(Conflict, match=verdict):
        await governance.consent(DEPUTY, waiting.proposal)


async def test_who_may_not_consent_may_not_decline(governance: Governance) -> None:
    """A stranger stops nothing."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    with pytest.raises(NotPermitted):
        await governance.decline(OUTSIDER, waiting.proposal)


async def test_asking_whether_one_may_answer_changes_nothing(governance: Governance) -> None:
    """Whoever could be the second person is told so, others are not, and nothing comes of asking."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    answers = [await governance.may_answer(each, waiting.proposal) for each in (DEPUTY, LEAD, OUTSIDER)]
    assert answers == [True, False, False]
    assert await governance.control.read(current_revision) == 1
    await governance.decline(LEAD, waiting.proposal)
    assert not await governance.may_answer(DEPUTY, waiting.proposal)


async def test_there_is_nothing_to_answer_where_nothing_was_proposed(governance: Governance) -> None:
    """An unknown proposal is not found."""
    with pytest.raises(NotFound):
        await governance.consent(DEPUTY, "change-none")


async def test_of_two_consents_at_once_one_counts(governance: Governance) -> None:
    """Two people consent at the same moment: it is done once, and the other hears that it was."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    ends = await _together(
        lambda: governance.consent(DEPUTY, waiting.proposal),
        lambda: governance.consent(_person("third"), waiting.proposal),
    )
    assert sorted(ends) == ["Conflict", "done"]
    assert await _count(governance, ANSWER) == 1


async def test_a_request_sent_again_is_answered_and_not_done_again(governance: Governance) -> None:
    """The same key with the same request gives the same answer; the log and the database stay."""
    terms = Terms(key="k1")
    first = await governance.perform(LEAD, Look(asset="a"), terms)
    second = await governance.perform(LEAD, Look(asset="a"), terms)
    assert (second.outcome, second.revision, second.again) == (first.outcome, first.revision, True)
    assert await governance.control.read(current_revision) == 1


async def test_one_key_stands_for_one_request_of_one_subject(governance: Governance) -> None:
    """The key with another request is refused; another subject's same key is another key."""
    await governance.perform(LEAD, Look(asset="a"), Terms(key="k1"))
    with pytest.raises(IdempotencyKeyReused):
        await governance.perform(LEAD, Look(asset="b"), Terms(key="k1"))
    assert not (await governance.perform(DEPUTY, Look(asset="b"), Terms(key="k1"))).again


async def test_a_refused_request_may_come_again(governance: Governance) -> None:
    """What was refused was not done, so its key is free."""
    with pytest.raises(Conflict):
        await governance.perform(LEAD, Look(asset="gone"), Terms(key="k1"))
    assert not (await governance.perform(LEAD, Look(asset="a"), Terms(key="k1"))).again


async def test_the_same_request_twice_at_once_is_done_once(governance: Governance) -> None:
    """Two copies of one request at the same moment make one change and get one answer."""
    seen: list[Performed] = []

    async def send() -> None:
        seen.append(await governance.perform(LEAD, Hand(asset="a"), Terms(key="k1")))

    await _together(send, send, send)
    assert len({done.proposal for done in seen}) == 1
    assert await _count(governance, PROPOSAL) == await _count(governance, CONTROL_CHANGE) == 1


async def test_a_failed_precondition_changes_nothing(governance: Governance) -> None:
    """What the caller believed is checked on the very state that the operation would change."""

    def stale(connection: Connection) -> None:
        assert current_revision(connection) == 0
        raise Conflict("stale")

    with pytest.raises(Conflict, match="stale"):
        await governance.perform(LEAD, Look(asset="a"), Terms(precondition=stale))
    assert await _count(governance, CONTROL_CHANGE) == 0


async def test_an_operation_that_is_no_more_is_not_guessed_at(governance: Governance) -> None:
    """A proposal of a kind that this version does not know is a conflict, and stays as it is."""
    waiting = await governance.perform(LEAD, Hand(asset="a"))
    newer = Governance(governance.control, Catalogue([Look]), Staff(LEAD, DEPUTY))
    with pytest.raises(Conflict, match=r"test\.hand"):
        await newer.consent(DEPUTY, waiting.proposal)


@pytest.mark.parametrize(
    "statement",
    [
        delete(PROPOSAL),
        update(PROPOSAL).values(operation="{}"),
        delete(ANSWER),
        update(ANSWER).values(verdict="declined"),
        delete(DONE),
        update(DONE).values(digest=""),
    ],
    ids=lambda statement: f"{type(statement).__name__}-{statement.table.name}",
)
async def test_what_was_proposed_and_answered_stays(governance: Governance, statement: object) -> None:
    """The database itself refuses to rewrite proposals, their answers and what was done."""
    waiting = await governance.perform(LEAD, Hand(asset="a"), Terms(key="k"))
    await governance.consent(DEPUTY, waiting.proposal, Terms(key="k"))
    with pytest.raises(SQLAlchemyError), governance.control.database.writer.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


async def _together(*works: Callable[[], object]) -> list[str]:
    ends: list[str] = []

    async def run(work: Callable[[], object]) -> None:
        try:
            await work()  # type: ignore[misc]
        except CustodyError as error:
            ends.append(type(error).__name__)
        else:
            ends.append("done")

    async with anyio.create_task_group() as group:
        for work in works:
            group.start_soon(run, work)
    return ends
