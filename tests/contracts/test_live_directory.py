"""One suite for the registry in the request path, on SQLite and on PostgreSQL."""

import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from anyio import to_thread
from sqlalchemy import event, text

from audit.entry import EntryType
from audit.place import Place
from gateway.control.changes import Change
from gateway.domain import DataClass, Right, Rights
from gateway.errors import CustodyError, GovernanceUnavailable
from gateway.ownership.disputes.measures import lift, order
from gateway.ownership.disputes.values import MeasureKind
from gateway.ownership.live.base import NO_ASSET, Resolved
from gateway.ownership.live.directory import LiveDirectory
from gateway.ownership.operations.granting import GiveGrant, RevokeGrant
from gateway.ownership.operations.transferring import AcceptTransfer, ProposeTransfer
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.facets import AssetType, Basis, Facet
from gateway.ownership.registry.registration import NewAsset, add_asset, retire_asset
from gateway.ownership.rights.grants import Source, Terms, give
from gateway.settings import AssetSettings
from tests.contracts.rights_world import DEPARTMENTS, SECOND, START, World, speaker
from tests.patience import patient_log
from tests.registries import registry_place

pytestmark = pytest.mark.anyio

PRODUCT, RETAIL, IT = speaker("product"), speaker("retail"), speaker("it")
DAY = 86_400 * SECOND


class Clock:
    """A clock that a test sets; the wall shows what the world's does, or is behind it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.monotonic, self.ahead_us = 0, 0

    def wall_us(self) -> int:
        """The world's time."""
        return self._world.at_us + self.ahead_us

    def monotonic_us(self) -> int:
        """What the test says."""
        return self.monotonic


def settings_of(name: str, base: str = "", adapter: str = "") -> AssetSettings:
    """Where an asset runs."""
    return AssetSettings(
        id=name,
        type="adapter" if adapter else "base_model",
        backend="gpu",
        base_model=base or name,
        adapter=adapter,
        facets={"accountable_owner": "whoever-the-settings-say"},
        class_ceiling=DataClass.INTERNAL,
    )


PLACES = (settings_of("northwind-base"), settings_of("support-tone", "northwind-base", "support-tone"))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    return registry_place(request, tmp_path, request.param)


@pytest.fixture
async def world(place: Place, tmp_path: Path) -> AsyncIterator[World]:
    """The company, whose adapter stands on its base model."""
    log = patient_log(tmp_path / "audit.db")
    made = await World(place, log).begin()
    yield made
    made.control.close()
    await log.aclose()


def directory(world: World, clock: Clock | None = None) -> LiveDirectory:
    """A directory that looks when it is told."""
    return LiveDirectory(world.control, PLACES, clock or Clock(world), stale_after_s=5)


def looked(live: LiveDirectory, name: str = "support-tone") -> Resolved:
    """An asset as of a new look."""
    live.look()
    return live.snapshot().resolve(name)


def grant(**fields: object) -> GiveGrant:
    """Product's grant to retail."""
    terms: dict[str, object] = {
        "asset": "support-tone",
        "department": "retail",
        "class_ceiling": "confidential",
        "expires": World.in_days(365),
    }
    return GiveGrant.model_validate({**terms, **fields})


class Troubled(Clock):
    """A clock that can be told to fail in a way that nobody foresaw."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.fails = False
        self.failed = threading.Event()

    def wall_us(self) -> int:
        """The time, or trouble."""
        if self.fails:
            self.failed.set()
            raise RuntimeError("a value that no log line may hold")
        return super().wall_us()


async def test_an_unforeseen_error_closes_and_heals(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever ends a look, calls are refused while it lasts, and what changed meanwhile counts after it."""
    clock = Troubled(world)
    live = LiveDirectory(world.control, PLACES, clock, stale_after_s=5, every_s=0.001)
    live.follow()
    try:
        clock.fails = True
        assert await to_thread.run_sync(clock.failed.wait, 20)
        clock.monotonic += 6 * SECOND
        with pytest.raises(GovernanceUnavailable):
            live.snapshot()
        await world.do(PRODUCT, grant())
        clock.fails = False
        await to_thread.run_sync(_granted, live)
    finally:
        live.close()
    assert "RuntimeError at test_live_directory.py" in caplog.text
    assert "no log line" not in caplog.text


def _granted(live: LiveDirectory) -> None:
    """Waits until the directory believes retail's grant."""
    until = time.monotonic() + 20
    while True:
        try:
            if live.snapshot().resolve("support-tone").rights("retail").grants:
                return
        except GovernanceUnavailable:
            pass
        assert time.monotonic() < until, "the directory did not heal"
        time.sleep(0.005)


async def test_owners_and_places_come_together(world: World) -> None:
    """Facets come from the registry and places from the settings; without either there is nothing to call."""
    live = LiveDirectory(
        world.control, (*PLACES, settings_of("only-in-settings")), Clock(world), stale_after_s=5
    )
    asset = looked(live).asset
    assert (asset.resource.owner, asset.resource.base_model_owner) == ("product", "it")
    assert asset.resource.facets == {"accountable_owner": "product", "custodian": "it"}
    assert (asset.resource.weight_hash, asset.backend, asset.model) == ("ab" * 32, "gpu", "support-tone")
    await world.change(lambda change: add(change, "only-in-registry"))
    assert [each.asset.resource.id for each in looked_all(live)] == ["northwind-base", "support-tone"]
    for name in ("only-in-settings", "only-in-registry", "", 7):
        resolved = live.snapshot().resolve(name)
        assert (resolved.asset, resolved.rights("retail").grants) == (NO_ASSET, ())
    await world.change(lambda change: retire_asset(change, "support-tone", change.at_us))
    assert [each.asset.resource.id for each in looked_all(live)] == ["northwind-base"]


def looked_all(live: LiveDirectory) -> tuple[Resolved, ...]:
    """Every asset as of a new look."""
    live.look()
    return live.snapshot().all()


def add(change: Change, name: str) -> None:
    """Registers one more base model."""
    add_asset(
        change,
        NewAsset(
            id=name, type=AssetType.BASE_MODEL, owner="it", basis=Basis.CHARTER, registered_us=change.at_us
        ),
    )
    change.record(EntryType.OWNERSHIP_SEEDED, {"assets": [name], "parties": []})


async def test_a_grant_counts_from_the_next_look_and_for_its_department_alone(world: World) -> None:
    """Given and revoked rights are seen at the next look; what a call has in hand stays as it was."""
    live = directory(world)
    before = looked(live)
    told = await world.do(PRODUCT, grant())
    assert live.snapshot().resolve("support-tone").rights("retail").grants == ()
    given = looked(live)
    (held,) = given.rights("retail").grants
    assert (held.id, held.action, held.class_ceiling) == (told["grant"], Right.CHAT, DataClass.CONFIDENTIAL)
    assert held.expires == "2028-01-15T08:00:00Z"
    assert given.rights("legal") == Rights(revision=given.revision)
    assert given.revision == before.revision + 1
    await world.do(PRODUCT, RevokeGrant(grant=str(told["grant"])))
    assert looked(live).rights("retail").grants == ()
    assert (given.rights("retail").grants, before.rights("retail").grants) == ((held,), ())


async def test_a_grant_on_the_base_model_reaches_the_adapter_apart(world: World) -> None:
    """The base model's owner finds its own grants, and the adapter's owner none of them."""
    live = directory(world)
    await world.do(IT, grant(asset="northwind-base", action="invoke"))
    rights = looked(live).rights("retail")
    assert (rights.grants, [each.action for each in rights.base_model_grants]) == ((), [Right.INVOKE])
    own = live.snapshot().resolve("northwind-base").rights("retail")
    assert (len(own.grants), own.base_model_grants) == (1, ())


async def test_ownership_passes_with_the_transfer(world: World) -> None:
    """Whoever owns the base model or the adapter now is who must consent now."""
    live = directory(world)
    looked(live)
    for acting, asset in ((PRODUCT, "support-tone"), (IT, "northwind-base")):
        offer = ProposeTransfer(asset=asset, to="retail", expires=World.in_days(9))
        told = await world.do(acting, offer)
        assert looked(live).asset.resource.owner != "it"
        await world.do(RETAIL, AcceptTransfer(transfer=str(told["transfer"])))
    resource = looked(live).asset.resource
    assert (resource.owner, resource.base_model_owner) == ("retail", "retail")


async def test_what_was_said_of_the_future_comes_true_without_a_change(world: World) -> None:
    """A grant begins and ends, and an owner follows, when the time has come: no revision says so."""
    clock = Clock(world)
    live = directory(world, clock)
    await world.do(PRODUCT, grant(starts=World.in_days(2), expires=World.in_days(4)))
    await world.change(
        lambda change: assert_facet(
            change,
            asset="support-tone",
            facet=Facet.ACCOUNTABLE_OWNER,
            holder="legal",
            basis=Basis.CONTRACT,
            valid_from_us=START + 6 * DAY,
        )
    )
    seen = []
    for day in (1, 3, 5, 7):
        clock.ahead_us = START + day * DAY - world.at_us
        found = looked(live)
        seen.append((len(found.rights("retail").grants), found.asset.resource.owner))
    assert seen == [(0, "product"), (1, "product"), (0, "product"), (0, "legal")]


async def test_a_clock_that_is_behind_sees_what_was_just_changed(world: World) -> None:
    """A gateway whose clock is a day late takes a new grant for what it is, not for the future."""
    clock = Clock(world)
    clock.ahead_us = -DAY
    live = directory(world, clock)
    await world.do(PRODUCT, grant())
    assert len(looked(live).rights("retail").grants) == 1


async def test_interim_measures_reach_what_they_bind(world: World) -> None:
    """A dispute over the adapter binds the adapter; one over the base model binds both."""
    live = directory(world)
    looked(live)

    def bind(change: Change, asset: str, kind: MeasureKind, *departments: str) -> None:
        order(change, f"dispute-{asset}", kind, asset, departments=departments or ("",))
        change.record(EntryType.DISPUTE_MEASURE_ORDERED, {"dispute": f"dispute-{asset}"})

    await world.change(
        lambda change: bind(change, "support-tone", MeasureKind.UNION_OF_DENIES, "retail", "product")
    )
    assert looked(live).asset.resource.disputed_by == ("product", "retail")
    assert live.snapshot().resolve("northwind-base").asset.resource.disputed_by == ()
    await world.change(lambda change: bind(change, "northwind-base", MeasureKind.UNION_OF_DENIES, "legal"))
    assert looked(live).asset.resource.disputed_by == ("legal", "product", "retail")
    await world.change(lambda change: bind(change, "northwind-base", MeasureKind.SUSPENDED))
    assert looked(live).asset.resource.suspended_by == "dispute-northwind-base"

    def settle(change: Change) -> None:
        for asset in ("northwind-base", "support-tone"):
            lift(change, f"dispute-{asset}")
        change.record(EntryType.DISPUTE_MEASURE_LIFTED, {})

    await world.change(settle)
    resource = looked(live).asset.resource
    assert (resource.disputed_by, resource.suspended_by) == ((), "")


async def test_nothing_is_believed_that_was_not_looked_at_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first look and after the bound without one, calls are refused; a look mends it."""
    clock = Clock(world)
    live = directory(world, clock)
    with pytest.raises(GovernanceUnavailable):
        live.snapshot()
    live.look()
    clock.monotonic = 5 * SECOND
    live.snapshot()
    clock.monotonic += 1
    with pytest.raises(GovernanceUnavailable):
        live.snapshot()

    def lost(work: object) -> None:
        raise GovernanceUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(world.control, "look", lost)
        with pytest.raises(GovernanceUnavailable):
            live.look()
    with pytest.raises(GovernanceUnavailable):
        live.snapshot()
    live.look()
    assert live.snapshot().resolve("support-tone").asset is not NO_ASSET


async def test_a_look_that_breaks_off_forgets_nothing(world: World) -> None:
    """What a failed look had begun to read is read by the next one."""
    live = directory(world)
    looked(live)
    await world.do(PRODUCT, grant())
    with broken(world, "asset_grant"), pytest.raises(GovernanceUnavailable):
        live.look()
    assert len(looked(live).rights("retail").grants) == 1


@contextmanager
def broken(world: World, table: str) -> Iterator[None]:
    """A database that fails whoever reads this table."""

    def fail(connection: object, cursor: object, statement: str, *rest: object) -> tuple[str, object]:
        asked = statement.replace(f"FROM {table}", "FROM no_such_table")
        return asked, rest[0]

    event.listen(world.control.database.reader, "before_cursor_execute", fail, retval=True)
    try:
        yield
    finally:
        event.remove(world.control.database.reader, "before_cursor_execute", fail)


async def test_a_look_costs_what_has_changed(world: World) -> None:
    """A look asks one question where nothing has changed, and no more than ever where one grant has."""
    live = directory(world)
    looked(live)
    few = await cost_of_a_grant(world, live, "few")

    def fill(change: Change) -> None:
        for number in range(1_000):
            name = f"dataset-{number}"
            add_asset(
                change,
                NewAsset(
                    id=name,
                    type=AssetType.DATASET,
                    owner="legal",
                    basis=Basis.CHARTER,
                    registered_us=change.at_us,
                ),
            )
        for number in range(40):
            terms = Terms(
                "northwind-base",
                "audit",
                Right.CHAT,
                DataClass.PUBLIC,
                f"case-{number}",
                option=False,
                from_us=change.at_us,
                to_us=change.at_us + 300 * DAY,
            )
            give(change, terms, Source("it", "sub_it1"))

    await world.change(fill)
    looked(live)
    with asked(world) as nothing_new:
        live.look()
    assert len(nothing_new) == 1
    many = await cost_of_a_grant(world, live, "many")
    assert len(many) == len(few)


async def cost_of_a_grant(world: World, live: LiveDirectory, use_case: str) -> list[str]:
    """What a look asks the database for once a grant was given."""
    await world.do(PRODUCT, grant(use_case=use_case))
    with asked(world) as statements:
        live.look()
    assert any(
        each.use_case == use_case for each in live.snapshot().resolve("support-tone").rights("retail").grants
    )
    return statements


@contextmanager
def asked(world: World) -> Iterator[list[str]]:
    """The statements that are read with meanwhile; on SQLite each must find its rows by an index."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statements.append(statement)

    reader = world.control.database.reader
    event.listen(reader, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(reader, "before_cursor_execute", note)
    if reader.dialect.name == "sqlite":
        for statement in statements:
            names = re.sub(r"\?|:\w+", "1", statement)
            with reader.connect() as connection:
                plan = [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {names}"))]
            assert not [step for step in plan if re.match(r"SCAN (asset|party|ownership_|asset_)", step)], (
                plan
            )


@pytest.mark.parametrize("seed", range(2))
async def test_looking_often_sees_what_looking_once_does(world: World, seed: int) -> None:
    """After any history, a directory that followed each change believes what a new one reads."""
    random, clock = Random(seed), Clock(world)  # noqa: S311  a history that can be repeated
    follower = directory(world, clock)
    follower.look()
    given: list[str] = []
    for _ in range(25):
        await one_change(world, random, given)
        clock.ahead_us += random.choice([0, 0, 3 * DAY, 9 * DAY])
        if random.random() < 0.7:
            follower.look()
            fresh = directory(world, clock)
            fresh.look()
            assert follower.snapshot() == fresh.snapshot()


async def one_change(world: World, random: Random, given: list[str]) -> None:
    """Something that anybody might do to the registry; what is refused is no change."""
    asset = random.choice(["support-tone", "northwind-base"])
    owner, other = speaker(world.holder(asset)), random.choice(DEPARTMENTS)
    work: Callable[[Change], object] = random.choice(
        [
            lambda change: given.append(
                str(
                    grant(
                        asset=asset,
                        department=other,
                        use_case=f"case-{random.randrange(99)}",
                        starts=World.in_days(random.choice([0, 20])),
                        expires=World.in_days(random.choice([30, 60])),
                    ).apply(change, owner)["grant"]
                )
            ),
            lambda change: RevokeGrant(grant=random.choice(given or ["none"])).apply(change, owner),
            lambda change: assert_facet(
                change,
                asset=asset,
                facet=random.choice([Facet.ACCOUNTABLE_OWNER, Facet.CUSTODIAN, Facet.STEWARD]),
                holder=random.choice([*DEPARTMENTS, "sub_it7"]),
                basis=Basis.CONTRACT,
                valid_from_us=change.at_us + random.choice([0, 15 * DAY]),
            ),
        ]
    )
    try:
        await world.change(work, owner.actor)
    except CustodyError:
        return
