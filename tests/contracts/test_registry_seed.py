"""The settings enter the registry once, on SQLite and on PostgreSQL."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from sqlalchemy import select

from audit.entry import EntryType
from audit.ids import SystemClock
from audit.log import Log
from audit.place import Place
from gateway.control.changes import Control, current_revision
from gateway.control.schema import CONTROL_CHANGE, CONTROL_HEAD
from gateway.ownership.operations.reorganisation import Reorganisation, Reshaping, reorganise
from gateway.ownership.registry.assets import asset, assets
from gateway.ownership.registry.beliefs import facets_of
from gateway.ownership.registry.errors import CyclicLink, PartyEnded, UnfitAsset
from gateway.ownership.registry.facets import Basis, Facet
from gateway.ownership.registry.history import LATEST, timeline
from gateway.ownership.registry.links import parents
from gateway.ownership.registry.parties import parties
from gateway.ownership.registry.seed import SETTINGS_ACTOR, Difference, Seeded, seed_registry
from gateway.settings import AssetSettings, Settings, load_settings
from tests.patience import patient_control, patient_log
from tests.registries import registry_place

pytestmark = pytest.mark.anyio

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "custody.example.toml"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    return registry_place(request, tmp_path, request.param)


@pytest.fixture
async def log(tmp_path: Path) -> Iterator[Log]:
    """A log of its own."""
    opened = patient_log(tmp_path / "audit.db")
    yield opened
    await opened.aclose()


@pytest.fixture
def control(place: Place, log: Log) -> Iterator[Control]:
    """An empty registry."""
    opened = _open(place, log)
    yield opened
    opened.close()


@pytest.fixture
def example() -> Settings:
    """The shipped settings."""
    return load_settings(EXAMPLE)


_NUMBERS = itertools.count()


def _open(place: Place, log: Log) -> Control:
    return Control(
        patient_control(place),
        log,
        wall_us=SystemClock().wall_us,
        new_id=lambda: f"change-{next(_NUMBERS)}",
    )


def _with(settings: Settings, *assets: AssetSettings) -> Settings:
    return settings.model_copy(update={"assets": (*settings.assets, *assets)})


def _another(settings: Settings, **values: object) -> AssetSettings:
    return settings.assets[1].model_copy(update=values)


async def test_the_example_settings_enter_the_registry_once(
    control: Control, log: Log, example: Settings
) -> None:
    """Assets, their links, holders and departments are there after the first start; a second adds nothing."""
    seeded = await seed_registry(control, example, ["audit"])
    assert seeded == Seeded(("northwind-base", "support-tone"), ("audit", "it", "product"))
    held = control.look(lambda c: facets_of(c, "support-tone", LATEST))
    assert {facet: each.holder for facet, each in held.items()} == {
        Facet.ACCOUNTABLE_OWNER: "product",
        Facet.IP_HOLDER: "product",
        Facet.DATA_OWNER: "product",
        Facet.CUSTODIAN: "it",
    }
    assert {each.assertion.basis for each in held.values()} == {Basis.CHARTER}
    assert [link.parent for link in control.look(lambda c: parents(c, "support-tone"))] == ["northwind-base"]
    assert await seed_registry(control, example, ["audit"]) == Seeded()
    assert control.look(current_revision) == 1
    store = control.look(lambda c: c.execute(select(CONTROL_HEAD.c.store)).scalar_one())
    (entry,) = await log.of_request(f"control-{store}-1")
    assert (entry.record.type, entry.record.actor) == (EntryType.OWNERSHIP_SEEDED, SETTINGS_ACTOR)
    assert entry.record.detail["parties"] == ["audit", "it", "product"]


async def test_what_the_settings_add_later_is_registered_then(control: Control, example: Settings) -> None:
    """An asset that the registry does not know is registered at the next start, alone."""
    await seed_registry(control, example)
    later = _with(example, _another(example, id="triage", facets={"accountable_owner": "retail"}))
    assert await seed_registry(control, later) == Seeded(("triage",), ("retail",))
    assert [each.id for each in control.look(assets)] == ["northwind-base", "support-tone", "triage"]


async def test_the_registry_wins_over_changed_settings(control: Control, example: Settings) -> None:
    """Another holder in the settings changes nothing and is told; an asset taken out stays."""
    await seed_registry(control, example, ["retail"])
    before = control.look(lambda c: timeline(c, "support-tone"))
    moved = example.assets[1].model_copy(update={"facets": {"accountable_owner": "retail"}})
    changed = example.model_copy(update={"assets": (example.assets[0], moved)})
    found = await seed_registry(control, changed, ["retail"])
    told = Difference("support-tone", Facet.ACCOUNTABLE_OWNER, "retail", "product")
    assert found == Seeded(differences=(told,))
    assert control.look(lambda c: timeline(c, "support-tone")) == before
    fewer = example.model_copy(update={"assets": example.assets[:1]})
    assert await seed_registry(control, fewer) == Seeded()
    assert control.look(lambda c: asset(c, "support-tone")) is not None


async def test_two_gateways_that_start_at_once_seed_once(place: Place, log: Log, example: Settings) -> None:
    """One of them registers, the others find everything there, and no revision is wasted."""
    several = [_open(place, log) for _ in range(3)]
    done: list[Seeded] = []

    async def start(control: Control) -> None:
        done.append(await seed_registry(control, example))

    async with anyio.create_task_group() as group:
        for control in several:
            group.start_soon(start, control)
    assert sorted(len(each.assets) for each in done) == [0, 0, 2]
    assert several[0].look(lambda c: len(c.execute(select(CONTROL_CHANGE)).all())) == 1
    for control in several:
        control.close()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"facets": {"accountable_owner": "it", "chief": "it"}}, UnfitAsset),
        ({"base_model": "odd"}, CyclicLink),
    ],
)
async def test_settings_that_contradict_themselves_change_nothing(
    control: Control, example: Settings, values: dict[str, object], expected: type[Exception]
) -> None:
    """A facet that there is not and base models that go round are refused as what they are."""
    first = _another(example, **values)
    second = _another(example, id="odd", base_model="support-tone")
    broken = example.model_copy(update={"assets": (example.assets[0], first, second)})
    with pytest.raises(expected):
        await seed_registry(control, broken)
    assert control.look(current_revision) == 0
    assert control.look(parties) == ()


async def test_a_department_that_ended_gets_nothing_new(control: Control, example: Settings) -> None:
    """An asset that the settings give to a renamed department is refused, and the refusal names its heir."""
    await seed_registry(control, example)

    def rename(change: object) -> object:
        plan = Reorganisation(
            kind=Reshaping.RENAME, units=("product",), successors=("goods",), effective_us=change.at_us
        )
        return reorganise(change, plan)

    await control.change(SETTINGS_ACTOR, rename)
    later = _with(example, _another(example, id="tone-2"))
    with pytest.raises(PartyEnded, match="goods"):
        await seed_registry(control, later)
    assert control.look(lambda c: asset(c, "tone-2")) is None
