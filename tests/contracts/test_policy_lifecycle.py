"""One suite for the life of policies in the control database, on SQLite and on PostgreSQL."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Entry, EntryType
from audit.ids import SystemClock
from audit.log import Log, open_log
from audit.place import Place
from gateway.bundled import policies
from gateway.control.changes import Control
from gateway.control.database import open_control_database
from gateway.control.governance import Governance, TwoPeople
from gateway.control.operations import Acting, Catalogue
from gateway.domain import Subject
from gateway.errors import Conflict, GovernanceUnavailable, Impossible, NotFound, NotPermitted
from gateway.pdp.lifecycle import store
from gateway.pdp.lifecycle.bundle import Trust, policy_files, read_bundle
from gateway.pdp.lifecycle.canary import Counts
from gateway.pdp.lifecycle.feed import GATEWAY, ControlFeed
from gateway.pdp.lifecycle.operations import (
    OPERATIONS,
    Activate,
    Rollback,
    StartCanary,
    StartShadow,
    StopCanary,
    StopShadow,
)
from gateway.pdp.lifecycle.replicas import replicas
from gateway.pdp.lifecycle.signing import SigningKey, new_signing_key, read_signing_key
from gateway.pdp.lifecycle.store import CanaryTerms, StoredBundle
from gateway.pdp.lifecycle.tables import ACTIVATION, BUNDLE, REPLICA, TRIAL
from gateway.pdp.lifecycle.workshop import Draft, PolicyNotSound, Workshop
from gateway.pdp.source import read_source

pytestmark = pytest.mark.anyio

_NUMBERS = itertools.count()


def person(name: str, *roles: str) -> Acting:
    """Somebody of the security department."""
    return Acting(name, Subject(f"subject-{name}", "person", "security", roles=roles))


AUTHOR, APPROVER, OTHER = (
    person("author", "policy-author"),
    person("approver", "policy-approver"),
    person("other", "policy-approver"),
)


class People:
    """Those three."""

    def find(self, subject: str) -> Acting | None:
        """Whoever has this id."""
        return next((each for each in (AUTHOR, APPROVER, OTHER) if each.subject.id == subject), None)


@dataclass
class Desk:
    """A control database with all that policies need."""

    control: Control
    log: Log
    workshop: Workshop
    governance: Governance
    trust: Trust

    async def state(self) -> store.PolicyState:
        """What is in force and on trial."""
        return await self.control.read(store.policy_state)

    async def policy(self, comment: str) -> StoredBundle:
        """One more policy, which differs by a comment."""
        return await self.workshop.build(AUTHOR, draft(comment))

    async def entries(self, kind: EntryType) -> list[Entry]:
        """The changes on record of one kind, in their order."""
        found: list[Entry] = []
        async for number in _revisions(self.control):
            found += await self.log.of_request(number)
        return [entry for entry in found if entry.record.type is kind]


async def _revisions(control: Control) -> AsyncIterator[str]:
    head = await control.read(lambda c: c.exec_driver_sql("SELECT store, revision FROM control_head").one())
    for number in range(1, head[1] + 1):
        yield f"control-{head[0]}-{number}"


def draft(comment: str) -> Draft:
    """The shipped policies with a comment that makes them another revision."""
    files = policy_files(read_source(policies()))
    return Draft({**files, "main.rego": files["main.rego"] + f"# {comment}\n".encode()}, "folder")


@pytest.fixture(scope="module")
def key() -> SigningKey:
    """What bundles are signed with."""
    return read_signing_key(new_signing_key(), "key-1")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    if request.param == "sqlite":
        return tmp_path / "control.db"
    return request.getfixturevalue("postgres_server").place()


@pytest.fixture
async def desk(place: Place, key: SigningKey, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk over an empty database."""
    log = open_log(tmp_path / "audit.db")
    made = open_desk(place, log, key)
    yield made
    made.control.close()
    await log.aclose()


def open_desk(place: Place, log: Log, key: SigningKey, two_people: TwoPeople | None = None) -> Desk:
    """One gateway's view of the database."""
    database = open_control_database(place)
    control = Control(database, log, wall_us=SystemClock().wall_us, new_id=lambda: f"change-{next(_NUMBERS)}")
    trust = Trust("production", "custody", {key.id: key.public})
    governance = Governance(control, Catalogue(OPERATIONS), People(), two_people)
    return Desk(control, log, Workshop(control, trust, key), governance, trust)


@pytest.fixture
def seed_folder() -> Path:
    """The folder that the first start takes in."""
    return policies()


async def test_the_first_start_takes_the_folder_in_once(
    desk: Desk, seed_folder: Path, tmp_path: Path
) -> None:
    """An empty database gets the folder's policy in force, on record; a later start with another does not."""
    first = await desk.workshop.seed(seed_folder)
    assert first.revision == read_source(seed_folder).revision
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "main.rego").write_text("package custody.access\n\ndecision := 1\n")
    assert await desk.workshop.seed(tmp_path / "p") == first
    (recorded,) = await desk.entries(EntryType.POLICY_ACTIVATED)
    assert recorded.record.detail["how"] == "seed"
    assert recorded.record.detail["policy"] == first.revision


async def test_two_first_starts_make_one_policy(
    desk: Desk, place: Place, key: SigningKey, seed_folder: Path
) -> None:
    """Workers that start together agree on one activation."""
    second = open_desk(place, desk.log, key)
    found: list[store.Activation] = []

    async def start(one: Desk) -> None:
        found.append(await one.workshop.seed(seed_folder))

    async with anyio.create_task_group() as group:
        for each in (desk, second):
            group.start_soon(start, each)
    assert found[0] == found[1]
    assert len(await desk.control.read(store.activations)) == 1
    second.control.close()


async def test_what_is_stored_is_the_bundle_that_was_built(desk: Desk) -> None:
    """A stored bundle verifies, says who built it, and its record binds its bytes."""
    bundle = await desk.policy("one")
    content = await desk.control.read(lambda c: store.content(c, bundle.revision))
    assert content is not None
    assert read_bundle(content, desk.trust).revision == bundle.revision
    (recorded,) = await desk.entries(EntryType.POLICY_BUILT)
    assert recorded.record.detail["bundle"] == read_bundle(content, desk.trust).digest == bundle.digest
    assert recorded.record.actor == AUTHOR.actor
    assert await desk.policy("one") == bundle
    assert await desk.control.read(store.bundles) == [bundle]


_UNSOUND: tuple[dict[str, bytes], ...] = (
    {"main.rego": b"package custody.access\n\ndecision := \n"},
    {"main.rego": b"package custody.access\n\ndecision := http.send({})\n"},
    {"main.rego": b"package custody.other\n\ndecision := 1\n"},
    {"main.rego": b"package custody.access\n\ndecision := decision\n"},
    {"lib/x.rego": b"package custody.lib.x\n"},
    {"data.json": b'{"a": 1, "a": 2}'},
    {},
)


async def test_what_fails_its_checks_is_never_stored(desk: Desk) -> None:
    """A policy that does not pass leaves neither a bundle nor a change."""
    for broken in _UNSOUND:
        with pytest.raises(PolicyNotSound):
            await desk.workshop.build(AUTHOR, Draft(broken, "folder"))
    assert await desk.control.read(store.bundles) == []
    assert (await desk.state()).control_revision == 0


async def test_activation_and_rollback_go_down_the_stack(desk: Desk, seed_folder: Path) -> None:
    """Rollback leads to what was active before, however often; below the first there is nothing."""
    seed = await desk.workshop.seed(seed_folder)
    one, two = await desk.policy("one"), await desk.policy("two")
    for bundle in (one, two):
        await desk.governance.perform(APPROVER, Activate(policy=bundle.revision[:12]))
    seen = [two.revision]
    for _ in range(2):
        await desk.governance.perform(APPROVER, Rollback())
        state = await desk.state()
        assert state.active is not None
        seen.append(state.active.revision)
    assert seen == [two.revision, one.revision, seed.revision]
    with pytest.raises(Conflict, match="no earlier policy"):
        await desk.governance.perform(APPROVER, Rollback())
    history = [(each.how, each.revision) for each in await desk.control.read(store.activations)]
    assert history[:2] == [("rollback", seed.revision), ("rollback", one.revision)]
    told = [entry.record.detail["previous"] for entry in await desk.entries(EntryType.POLICY_ROLLED_BACK)]
    assert told == [two.revision, one.revision]


async def test_who_may_do_what(desk: Desk, seed_folder: Path) -> None:
    """Authors build and shadow, approvers activate; nobody else does anything."""
    await desk.workshop.seed(seed_folder)
    one = (await desk.policy("one")).revision
    nobody = person("nobody", "owner")
    for operation in (
        Activate(policy=one),
        Rollback(),
        StartCanary(policy=one, terms=CanaryTerms(percent=1)),
        StopCanary(),
    ):
        for acting in (AUTHOR, nobody):
            with pytest.raises(NotPermitted):
                await desk.governance.perform(acting, operation)
    for shadowing in (StartShadow(policy=one), StopShadow()):
        with pytest.raises(NotPermitted):
            await desk.governance.perform(nobody, shadowing)
    with pytest.raises(NotPermitted):
        await desk.workshop.build(nobody, draft("two"))
    await desk.governance.perform(AUTHOR, StartShadow(policy=one))
    await desk.governance.perform(AUTHOR, StopShadow())


async def test_an_activation_that_another_overtook_is_refused(desk: Desk, seed_folder: Path) -> None:
    """Whoever activates on what they saw is told if it has changed since; of two at once one wins."""
    seed = await desk.workshop.seed(seed_folder)
    one, two = await desk.policy("one"), await desk.policy("two")
    done: list[str] = []
    refused: list[str] = []

    async def activate(revision: str) -> None:
        try:
            await desk.governance.perform(APPROVER, Activate(policy=revision, expected=seed.revision))
        except Conflict as conflict:
            refused.append(conflict.reason_user)
        else:
            done.append(revision)

    async with anyio.create_task_group() as group:
        for bundle in (one, two):
            group.start_soon(activate, bundle.revision)
    state = await desk.state()
    assert state.active is not None
    assert done == [state.active.revision]
    assert "activated meanwhile" in refused[0]


async def test_what_cannot_be_activated_changes_nothing(desk: Desk, seed_folder: Path) -> None:
    """Unknown, ambiguous, present and foreign policies are refused, each with its own error."""
    one = await desk.policy("one")
    with pytest.raises(Conflict, match="No policy is in force"):
        await desk.governance.perform(APPROVER, Activate(policy=one.revision))
    seed = await desk.workshop.seed(seed_folder)
    foreign = replace(one, revision="f" * 64, digest="f" * 64, environment="staging")
    row = {**{name: getattr(foreign, name) for name in foreign.__slots__}, "content": b"x"}
    with desk.control.database.writer.begin() as connection:
        connection.execute(insert(BUNDLE).values(row))
    for revision, error in (("0" * 64, NotFound), (seed.revision, Conflict), ("f" * 64, Impossible)):
        with pytest.raises(error):
            await desk.governance.perform(APPROVER, Activate(policy=revision))
        with pytest.raises(error):
            await desk.governance.perform(
                APPROVER, StartCanary(policy=revision, terms=CanaryTerms(percent=5))
            )
    state = await desk.state()
    assert (state.active, state.canary, state.shadow) == (seed, None, None)


async def test_trials_begin_and_end_on_record(desk: Desk, seed_folder: Path) -> None:
    """A canary and a shadow are on record with their terms, and end when their policy is activated."""
    await desk.workshop.seed(seed_folder)
    one = await desk.policy("one")
    terms = CanaryTerms(percent=5, max_error_percent=1)
    await desk.governance.perform(APPROVER, StartCanary(policy=one.revision, terms=terms))
    await desk.governance.perform(APPROVER, StartShadow(policy=one.revision))
    state = await desk.state()
    assert state.canary is not None
    assert state.shadow is not None
    assert (state.canary.revision, state.canary.terms) == (one.revision, terms)
    (begun,) = await desk.entries(EntryType.POLICY_CANARY)
    assert begun.record.detail["percent"] == 5
    await desk.governance.perform(APPROVER, Activate(policy=one.revision))
    state = await desk.state()
    assert (state.canary, state.shadow) == (None, None)
    (ended,) = await desk.entries(EntryType.POLICY_CANARY_ENDED)
    assert ended.record.detail["why"] == "activated"
    for stop in (StopCanary(), StopShadow()):
        with pytest.raises(Conflict):
            await desk.governance.perform(APPROVER, stop)


async def test_two_people_activate_and_both_are_on_record(
    desk: Desk, place: Place, key: SigningKey, seed_folder: Path
) -> None:
    """Where the settings ask for two, one proposes, another consents, and the activation names both."""
    careful = open_desk(place, desk.log, key, TwoPeople(frozenset({"policy.activate"})))
    seed = await careful.workshop.seed(seed_folder)
    one = await careful.policy("one")
    proposed = await careful.governance.perform(APPROVER, Activate(policy=one.revision))
    state = await careful.state()
    assert state.active == seed
    for unfit in (APPROVER, AUTHOR):
        with pytest.raises(NotPermitted):
            await careful.governance.consent(unfit, proposed.proposal)
    await careful.governance.consent(OTHER, proposed.proposal)
    state = await careful.state()
    assert state.active is not None
    assert (state.active.by, state.active.approved_by) == (APPROVER.subject.id, OTHER.subject.id)
    *_, recorded = await careful.entries(EntryType.POLICY_ACTIVATED)
    assert recorded.record.actor == APPROVER.actor
    assert recorded.record.detail["approved_by"] == OTHER.subject.id
    careful.control.close()


async def test_a_canary_ends_once_however_many_replicas_say_so(desk: Desk, seed_folder: Path) -> None:
    """Of replicas that see a canary fail one ends it, with its figures on record; a later canary stays."""
    await desk.workshop.seed(seed_folder)
    one = await desk.policy("one")
    start = StartCanary(policy=one.revision, terms=CanaryTerms(percent=5))
    await desk.governance.perform(APPROVER, start)
    first = (await desk.state()).canary
    assert first is not None
    feed = ControlFeed(desk.control, desk.log, desk.trust, lambda: "id")
    for _ in range(2):
        await feed.end_canary(first, {"decided": 20, "failed": 3})
    (ended,) = await desk.entries(EntryType.POLICY_CANARY_ENDED)
    assert (ended.record.detail["why"], ended.record.detail["failed"]) == ("errors", 3)
    assert ended.record.actor == GATEWAY
    await desk.governance.perform(APPROVER, start)
    await feed.end_canary(first, {})
    assert (await desk.state()).canary is not None


async def test_replicas_say_what_they_do_outside_the_history(desk: Desk, seed_folder: Path) -> None:
    """A replica's word is replaced by its next, goes with it, and is no change of governance."""
    await desk.workshop.seed(seed_folder)
    before = (await desk.state()).control_revision
    feed = ControlFeed(desk.control, desk.log, desk.trust, lambda: "id")
    for revision in ("one", "two"):
        await feed.beat("replica-1", {"revision": revision})
    await feed.beat("replica-2", {"revision": "two"})
    known = await desk.control.read(replicas)
    assert [(each.id, each.state) for each in known] == [
        ("replica-1", {"revision": "two"}),
        ("replica-2", {"revision": "two"}),
    ]
    await feed.beat("replica-1", None)
    assert [each.id for each in await desk.control.read(replicas)] == ["replica-2"]
    assert (await desk.state()).control_revision == before


async def test_replicas_know_what_others_counted_of_a_canary(desk: Desk, seed_folder: Path) -> None:
    """Counts of the same canary add up, without the asking replica's own and those of whoever fell silent."""
    await desk.workshop.seed(seed_folder)
    one = await desk.policy("one")
    await desk.governance.perform(APPROVER, StartCanary(policy=one.revision, terms=CanaryTerms(percent=5)))
    running = (await desk.state()).canary
    assert running is not None
    feed = ControlFeed(desk.control, desk.log, desk.trust, lambda: "id")
    said = {"trial": running.number, "revision": one.revision, "decided": 10, "failed": 1}
    for replica in ("mine", "second", "third"):
        await feed.beat(replica, {"canary": said})
    await feed.beat("earlier", {"canary": {**said, "trial": running.number - 1}})
    await feed.beat("idle", {})
    assert await feed.canary_elsewhere("mine", running) == Counts(20, 2)
    with desk.control.database.writer.begin() as connection:
        silent = update(REPLICA).where(REPLICA.c.id == "third").values(seen_us=REPLICA.c.seen_us - 60_000_000)
        connection.execute(silent)
    assert await feed.canary_elsewhere("mine", running) == Counts(10, 1)


async def test_followers_cannot_fill_the_list(desk: Desk, seed_folder: Path) -> None:
    """Of the names that one principal's followers give themselves the latest 64 are kept; ours stay."""
    await desk.workshop.seed(seed_folder)
    feed = ControlFeed(desk.control, desk.log, desk.trust, lambda: "id")
    await feed.beat("ours", {})
    await feed.hear("sub_other", "sub_other.one", {})
    for number in range(66):
        await feed.hear("sub_reader", f"sub_reader.{number:02}", {})
    known = {each.id for each in await desk.control.read(replicas)}
    assert len(known) == 66
    assert {"ours", "sub_other.one", "sub_reader.65"} <= known
    await feed.hear("sub_reader", "sub_reader.65", None)
    assert "sub_reader.65" not in {each.id for each in await desk.control.read(replicas)}


async def test_history_cannot_be_rewritten(desk: Desk, seed_folder: Path) -> None:
    """The database itself refuses to change or delete a bundle, an activation or a trial."""
    await desk.workshop.seed(seed_folder)
    one = await desk.policy("one")
    await desk.governance.perform(APPROVER, StartShadow(policy=one.revision))
    for table in (BUNDLE, ACTIVATION, TRIAL):
        for statement in (delete(table), update(table).values(revision=one.revision)):
            with pytest.raises(SQLAlchemyError), desk.control.database.writer.begin() as connection:
                connection.execute(statement)


async def test_a_database_that_is_lost_in_the_middle_changes_nothing(desk: Desk, seed_folder: Path) -> None:
    """If rows can be read and no longer written, an activation fails as a whole."""
    seed = await desk.workshop.seed(seed_folder)
    one = await desk.policy("one")
    with desk.control.database.writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE policy_activation RENAME TO lost")
    with pytest.raises(GovernanceUnavailable):
        await desk.governance.perform(APPROVER, Activate(policy=one.revision))
    with desk.control.database.writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO policy_activation")
    state = await desk.state()
    assert state.active == seed
