"""Departments are renamed, merged, split and dissolved, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import select

from audit.entry import EntryType
from audit.log import Log
from audit.place import Place
from gateway.control.changes import Change, current_revision
from gateway.control.schema import CONTROL_HEAD, FOREVER
from gateway.errors import CustodyError, Impossible
from gateway.ownership.operations.reorganisation import Moved, Reorganisation, Reshaping, reorganise
from gateway.ownership.registry import errors as refused
from gateway.ownership.registry.beliefs import owner
from gateway.ownership.registry.facets import AssetType, Basis, Facet, PartyKind
from gateway.ownership.registry.history import held_by
from gateway.ownership.registry.parties import heir, lineage, party, register_party, successions, successors
from gateway.ownership.registry.registration import NewAsset, register_asset
from tests.patience import patient_log
from tests.registries import SECOND, World, give, registry_place, tell_the_story

pytestmark = pytest.mark.anyio

OWNER = Facet.ACCOUNTABLE_OWNER


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
async def world(place: Place, log: Log) -> Iterator[World]:
    """A registry with the departments and assets of the story."""
    made = World(place, log)
    await made.do(tell_the_story)
    yield made
    made.control.close()


def _reshape(
    kind: Reshaping,
    units: tuple[str, ...],
    successors: tuple[str, ...],
    effective_us: int = 0,
    apportioned: Mapping[str, str] | None = None,
) -> Callable[[Change], tuple[Moved, ...]]:
    return lambda change: reorganise(
        change,
        Reorganisation(
            kind=kind,
            units=units,
            successors=successors,
            effective_us=effective_us or change.at_us,
            apportioned=apportioned or {},
            reference="board-7",
        ),
    )


async def test_a_renamed_department_keeps_all_it_held(world: World) -> None:
    """From then on the new name holds it on the same ground, before it the old one; one record says so."""
    before = world.at_us
    moved = await world.do(_reshape(Reshaping.RENAME, ("it",), ("platform",)))
    assert [(each.old.asset, each.old.facet, each.holder) for each in moved] == [
        ("northwind-base", OWNER, "platform"),
        ("northwind-base", Facet.CUSTODIAN, "platform"),
        ("northwind-base", Facet.STEWARD, "platform"),
    ]
    assert world.holder("northwind-base", OWNER, world.at_us) == "platform"
    assert world.holder("northwind-base", OWNER, world.at_us - 1) == "it"
    assert world.holder("northwind-base", OWNER, world.at_us, before) == "it"
    held = world.see(lambda c: owner(c, "northwind-base", OWNER, world.at_us))
    assert held is not None
    assert (held.assertion.basis, held.assertion.reference) == (Basis.CHARTER, "board-7")
    (record,) = world.records
    assert record.type is EntryType.OWNERSHIP_REORGANISED
    assert [each["assertion"] for each in record.detail["moved"]] == [each.assertion for each in moved]
    assert world.see(lambda c: held_by(c, "it", world.at_us)) == ()


async def test_names_lead_to_who_stands_in_their_place(world: World) -> None:
    """A chain of renames and splits is followed to its ends; a unit without successors leads nowhere."""
    await world.do(_reshape(Reshaping.RENAME, ("it",), ("platform",)))
    between = world.at_us
    await world.do(_reshape(Reshaping.SPLIT, ("platform",), ("compute", "storage")))
    await world.do(_reshape(Reshaping.DISSOLVE, ("retail",), ()))
    at_us = world.at_us
    assert world.see(lambda c: successors(c, "it", at_us)) == ("compute", "storage")
    assert world.see(lambda c: successors(c, "it", between)) == ("platform",)
    assert world.see(lambda c: successors(c, "product", at_us)) == ("product",)
    assert world.see(lambda c: successors(c, "retail", at_us)) == ()
    assert world.see(lambda c: successors(c, "nobody", at_us)) == ()
    told = [(each.predecessor, each.successor) for each in world.see(lambda c: successions(c, "platform"))]
    assert told == [("it", "platform"), ("platform", "compute"), ("platform", "storage")]


async def test_one_heir_or_none_in_particular(world: World) -> None:
    """Through any chain of names the one who stands there is found; of several, or none, nobody is meant."""
    await world.do(_reshape(Reshaping.RENAME, ("it",), ("platform",)))
    await world.do(_reshape(Reshaping.MERGE, ("platform", "product"), ("works",)))
    at_us = world.at_us
    assert [world.see(lambda c, n=name: heir(c, n, at_us)) for name in ("it", "product", "works", "?")] == [
        "works",
        "works",
        "works",
        "?",
    ]
    assert world.see(lambda c: lineage(c, "works")) == {"works", "platform", "product", "it"}
    await world.do(_reshape(Reshaping.SPLIT, ("works",), ("left", "right")))
    await world.do(_reshape(Reshaping.DISSOLVE, ("retail",), ()))
    for name, told in (("it", "left and right"), ("retail", "no successor")):
        with pytest.raises(refused.PartyEnded, match=told):
            world.see(lambda c, n=name: heir(c, n, world.at_us))


async def test_merged_departments_become_one(world: World) -> None:
    """One may take the other in: it keeps its own and gets the other's."""
    await world.do(_reshape(Reshaping.MERGE, ("it", "product"), ("product",)))
    assert world.holder("northwind-base", OWNER, world.at_us) == "product"
    assert world.holder("support-tone", OWNER, world.at_us) == "product"
    ended, lasting = world.see(lambda c: party(c, "it")), world.see(lambda c: party(c, "product"))
    assert ended is not None
    assert lasting is not None
    assert (ended.ended_us, lasting.ended_us) == (world.at_us, FOREVER)


async def test_a_split_follows_the_plan_asset_by_asset(world: World) -> None:
    """What goes to none by name goes to the first; a department may keep a part and last."""

    def register(change: Change) -> None:
        for name in ("tickets", "prompts"):
            new = NewAsset(
                id=name,
                type=AssetType.DATASET,
                owner="product",
                basis=Basis.CHARTER,
                registered_us=change.at_us,
            )
            register_asset(change, new)

    await world.do(register)
    shares = {"tickets": "data", "support-tone": "product"}
    moved = await world.do(
        _reshape(Reshaping.SPLIT, ("product",), ("voice", "data", "product"), apportioned=shares)
    )
    assert [(each.old.asset, each.holder) for each in moved] == [("prompts", "voice"), ("tickets", "data")]
    holders = [world.holder(name, OWNER, world.at_us) for name in ("support-tone", "prompts", "tickets")]
    assert holders == ["product", "voice", "data"]
    assert world.see(lambda c: successors(c, "product", world.at_us)) == ("product",)


async def test_what_was_agreed_ahead_goes_over_as_well(world: World) -> None:
    """An assertion for a later time is carried to the successor for that time, and no further."""
    at_us = world.at_us
    await world.do(give("support-tone", OWNER, "it", at_us + 800 * SECOND, at_us + 900 * SECOND))
    await world.do(_reshape(Reshaping.RENAME, ("it",), ("platform",)))
    turns = (0, 800, 899, 900)
    holders = [world.holder("support-tone", OWNER, at_us + turn * SECOND) for turn in turns]
    assert holders == ["product", "platform", "platform", "product"]


async def test_a_reorganisation_in_hindsight_leaves_earlier_times_alone(world: World) -> None:
    """It counts from when it took effect, though we learn of it later; the ended party holds its past."""
    first = world.at_us
    await world.do(give("support-tone", Facet.STEWARD, "it", first))
    await world.do(give("support-tone", Facet.STEWARD, "it", first))
    await world.do(_reshape(Reshaping.RENAME, ("it",), ("platform",), first + SECOND))
    assert world.holder("support-tone", Facet.STEWARD, first) == "it"
    assert world.holder("support-tone", Facet.STEWARD, first + SECOND) == "platform"
    await world.do(give("support-tone", Facet.BUDGET_OWNER, "it", first, first + SECOND))
    with pytest.raises(refused.PartyEnded, match="platform"):
        await world.do(give("support-tone", Facet.BUDGET_OWNER, "it", first, first + 2 * SECOND))


async def test_a_large_department_takes_several_records(world: World, log: Log) -> None:
    """However much goes over, it is one change, and each record fits into the log."""

    def register(change: Change) -> None:
        for number in range(160):
            new = NewAsset(
                id=f"{'long-name-' * 5}{number}",
                type=AssetType.DATASET,
                owner="retail",
                basis=Basis.CHARTER,
                registered_us=change.at_us,
            )
            register_asset(change, new)

    await world.do(register)
    moved = await world.do(_reshape(Reshaping.RENAME, ("retail",), ("shops",)))
    assert len(moved) == 160
    assert [len(record.detail["moved"]) for record in world.records] == [150, 10]
    head = world.see(lambda c: c.execute(select(CONTROL_HEAD)).one())
    assert len(await log.of_request(f"control-{head.store}-{head.revision}")) == 2


_REFUSALS: dict[str, tuple[Callable[[Change], object], type[CustodyError]]] = {
    "holds what nobody would": (_reshape(Reshaping.DISSOLVE, ("product",), ()), refused.StillHolds),
    "not an org unit": (_reshape(Reshaping.RENAME, ("sub_1",), ("x",)), refused.UnfitHolder),
    "into a person": (_reshape(Reshaping.RENAME, ("it",), ("sub_1",)), refused.UnfitHolder),
    "unknown": (_reshape(Reshaping.RENAME, ("nobody",), ("x",)), refused.UnknownParty),
    "ended": (_reshape(Reshaping.RENAME, ("gone",), ("x",)), refused.PartyEnded),
    "back from the dead": (_reshape(Reshaping.RENAME, ("it",), ("gone",)), refused.PartyEnded),
    "same name": (_reshape(Reshaping.RENAME, ("it",), ("it",)), Impossible),
    "rename into two": (_reshape(Reshaping.RENAME, ("it",), ("a", "b")), Impossible),
    "merger of one": (_reshape(Reshaping.MERGE, ("it",), ("a",)), Impossible),
    "split into one": (_reshape(Reshaping.SPLIT, ("it",), ("a",)), Impossible),
    "twice the same": (_reshape(Reshaping.MERGE, ("it", "it"), ("a",)), Impossible),
    "dissolved into one": (_reshape(Reshaping.DISSOLVE, ("it",), ("a",)), Impossible),
    "a stranger's share": (
        _reshape(Reshaping.SPLIT, ("it",), ("a", "b"), apportioned={"northwind-base": "retail"}),
        Impossible,
    ),
    "a share of nothing": (
        _reshape(Reshaping.SPLIT, ("it",), ("a", "b"), apportioned={"support-tone": "b"}),
        Impossible,
    ),
    "still to come": (
        _reshape(Reshaping.RENAME, ("it",), ("x",), 2_500_000_000 * SECOND),
        refused.BadInterval,
    ),
}


async def test_a_plan_that_cannot_be_is_refused_and_changes_nothing(world: World) -> None:
    """Each has its typed error, and neither a party nor an assertion is left of it."""
    await world.do(lambda change: register_party(change, "gone", PartyKind.ORG_UNIT))
    await world.do(_reshape(Reshaping.DISSOLVE, ("gone",), ()))
    before = world.see(current_revision)
    for name, (work, expected) in _REFUSALS.items():
        with pytest.raises(CustodyError) as raised:
            await world.do(work)
        assert type(raised.value) is expected, name
    assert world.see(current_revision) == before
    assert [world.see(lambda c, name=name: party(c, name)) for name in ("x", "a", "b")] == [None, None, None]
    with pytest.raises(refused.PartyEnded, match="no successor"):
        await world.do(give("support-tone", OWNER, "gone", world.at_us))
