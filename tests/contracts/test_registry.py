"""One suite for the registry of ownership, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from audit.entry import EntryType
from audit.log import Log
from audit.place import Place
from gateway.control.changes import Change, current_revision
from gateway.control.schema import FOREVER
from gateway.errors import CustodyError, NotFound
from gateway.ownership.registry import errors as refused
from gateway.ownership.registry.assets import asset, assets
from gateway.ownership.registry.beliefs import Held, facets_of, load_beliefs, owner
from gateway.ownership.registry.facets import AssetType, Basis, Facet, LinkKind, PartyKind
from gateway.ownership.registry.history import held_between, timeline
from gateway.ownership.registry.links import ancestry, children, link, parents, progeny, unlink
from gateway.ownership.registry.parties import parties, register_party
from gateway.ownership.registry.present import moment_of, touched_since
from gateway.ownership.registry.registration import NewAsset, register_asset, retire_asset
from gateway.ownership.registry.revisions import belief_diff
from tests.patience import patient_log
from tests.registries import SECOND, START, World, give, registry_place, tell_the_story

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


def _dataset(change: Change, **values: object) -> NewAsset:
    new = NewAsset(
        id="tickets", type=AssetType.DATASET, owner="product", basis=Basis.CHARTER, registered_us=change.at_us
    )
    return replace(new, **values)


async def test_an_asset_has_its_owner_from_its_registration_on(world: World) -> None:
    """Nobody owned it the moment before, its owner ever after; the record names the owner."""
    assert world.holder("support-tone", OWNER, world.at_us) == "product"
    assert world.holder("support-tone", OWNER, FOREVER - 1) == "product"
    assert world.holder("support-tone", OWNER, world.at_us - 1) == ""
    recorded = world.records[-1]
    assert recorded.type is EntryType.OWNERSHIP_ASSET
    assert recorded.resource is not None
    assert recorded.resource.owner == "product"


async def test_what_nobody_said_follows_from_what_the_asset_stands_on(world: World) -> None:
    """An inherited facet is labelled a default and names where it comes from; its own word wins."""
    facets = world.see(lambda c: facets_of(c, "support-tone", world.at_us, world.at_us))
    assert _told(facets[Facet.CUSTODIAN]) == ("it", "default", "northwind-base")
    assert _told(facets[OWNER]) == ("product", "asserted", "")
    await world.do(give("support-tone", Facet.CUSTODIAN, "retail", world.at_us))
    held = world.see(lambda c: owner(c, "support-tone", Facet.CUSTODIAN, world.at_us))
    assert held is not None
    assert _told(held) == ("retail", "asserted", "")


def _told(held: Held) -> tuple[str, str, str]:
    return held.holder, held.standing, held.via


async def test_an_accountable_owner_is_never_inherited(world: World) -> None:
    """Whoever owns the base model is not thereby accountable for an asset before it was registered."""
    registered = world.at_us
    assert world.holder("support-tone", OWNER, registered - 1) == ""
    assert OWNER not in world.see(lambda c: facets_of(c, "support-tone", registered - 1))


async def test_an_assertion_by_default_is_labelled_so(world: World) -> None:
    """What rests on no more than a default is never called asserted."""

    def register(change: Change) -> None:
        register_asset(change, _dataset(change, basis=Basis.DEFAULT))

    await world.do(register)
    held = world.see(lambda c: owner(c, "tickets", OWNER, world.at_us))
    assert held is not None
    assert held.standing == "default"


async def test_two_parents_that_differ_give_no_default(world: World) -> None:
    """The nearest assets above decide; where they name different holders nobody is named."""

    def register(change: Change) -> None:
        base, tone = "northwind-base", "support-tone"
        register_asset(change, _dataset(change, facets={Facet.CUSTODIAN: "retail"}))
        both = _dataset(change, id="both", part_of=("tickets",), derived_from=(base,))
        register_asset(change, both)
        register_asset(change, _dataset(change, id="under", derived_from=(tone, "tickets")))

    await world.do(register)
    both = world.see(lambda c: facets_of(c, "both", world.at_us))
    assert Facet.CUSTODIAN not in both
    assert _told(both[Facet.STEWARD]) == ("it", "default", "northwind-base")
    under = world.see(lambda c: facets_of(c, "under", world.at_us))
    assert _told(under[Facet.CUSTODIAN]) == ("retail", "default", "tickets")


async def test_a_correction_changes_the_past_and_not_what_was_known_of_it(world: World) -> None:
    """Who held it then, as known then, stays; as known now it is another, and what is left is said again."""
    first = world.at_us
    await world.do(give("northwind-base", OWNER, "it", first))  # a second goes by
    await world.do(give("support-tone", OWNER, "retail", first + 1, first + SECOND))
    assert world.records[-1].type is EntryType.OWNERSHIP_CORRECTED
    assert world.holder("support-tone", OWNER, first + 1, first) == "product"
    assert world.holder("support-tone", OWNER, first + 1) == "retail"
    assert world.holder("support-tone", OWNER, first) == "product"
    assert world.holder("support-tone", OWNER, first + SECOND) == "product"
    rows = world.see(lambda c: held_between(c, "support-tone", OWNER, 0, FOREVER))
    assert [row.holder for row in rows] == ["product", "retail", "product"]
    original = world.see(lambda c: timeline(c, "support-tone", OWNER, first))
    assert [row.restates for row in rows] == [original[0].id, 0, original[0].id]


async def test_one_assertion_replaces_all_that_it_covers(world: World) -> None:
    """Several earlier ones are closed, those at its ends keep the rest of their time."""
    first = world.at_us
    await world.do(give("support-tone", OWNER, "retail", first + 10, first + 20))
    await world.do(give("support-tone", OWNER, "it", first + 20, first + 30))
    done = await world.do(give("support-tone", OWNER, "sub_1", first + 5, first + 25))
    assert [each.holder for each in done.replaced] == ["product", "retail", "it"]
    rows = world.see(lambda c: held_between(c, "support-tone", OWNER, 0, FOREVER))
    assert [(row.holder, row.valid_from_us - first) for row in rows] == [
        ("product", 0),
        ("sub_1", 5),
        ("it", 25),
        ("product", 30),
    ]


async def test_two_assertions_in_one_change_leave_the_second(world: World) -> None:
    """What is replaced in the change that said it was never believed, and still stands on record."""

    def twice(change: Change) -> None:
        give("support-tone", Facet.STEWARD, "it", change.at_us)(change)
        give("support-tone", Facet.STEWARD, "product", change.at_us)(change)

    await world.do(twice)
    assert world.holder("support-tone", Facet.STEWARD, world.at_us) == "product"
    rows = world.see(lambda c: timeline(c, "support-tone", Facet.STEWARD))
    assert [(row.holder, row.recorded_to_us - row.recorded_from_us == 0) for row in rows] == [
        ("it", True),
        ("product", False),
    ]


async def test_a_change_of_belief_is_told_as_such(world: World) -> None:
    """Only the stretch of time whose holder differs is told, with both assertions; restating is no change."""
    first = world.at_us
    await world.do(give("support-tone", OWNER, "retail", first + 10, first + 20))
    (shift,) = world.see(lambda c: belief_diff(c, first, world.at_us))
    assert (shift.asset, shift.facet) == ("support-tone", OWNER)
    assert (shift.valid_from_us, shift.valid_to_us) == (first + 10, first + 20)
    assert shift.before is not None
    assert shift.after is not None
    assert (shift.before.holder, shift.after.holder) == ("product", "retail")
    whole = world.see(lambda c: belief_diff(c, START, world.at_us, "northwind-base"))
    assert [(each.facet, each.before) for each in whole] == [
        (OWNER, None),
        (Facet.CUSTODIAN, None),
        (Facet.STEWARD, None),
    ]
    assert world.see(lambda c: belief_diff(c, world.at_us, world.at_us)) == ()


async def test_what_is_asserted_ahead_becomes_true_by_itself(world: World) -> None:
    """A future assertion is believed now and holds then, and its turn is known ahead."""
    later = world.at_us + 100 * SECOND
    await world.do(give("support-tone", OWNER, "retail", later))
    beliefs = world.see(lambda c: load_beliefs(c, ["support-tone"]))
    assert beliefs.next_turn(world.at_us) == later
    assert beliefs.next_turn(later) == FOREVER
    assert beliefs.facets("support-tone", later - 1)[OWNER].holder == "product"
    assert beliefs.facets("support-tone", later)[OWNER].holder == "retail"


async def test_links_are_found_both_ways(world: World) -> None:
    """Parents, children and all that lies above or below, as believed when."""

    def register(change: Change) -> None:
        register_asset(change, _dataset(change, part_of=("support-tone",)))

    before = world.at_us
    await world.do(register)
    assert [each.parent for each in world.see(lambda c: parents(c, "tickets"))] == ["support-tone"]
    assert [each.child for each in world.see(lambda c: children(c, "support-tone"))] == ["tickets"]
    assert {each.parent for each in world.see(lambda c: ancestry(c, ["tickets"]))} == {
        "support-tone",
        "northwind-base",
    }
    assert {each.child for each in world.see(lambda c: progeny(c, ["northwind-base"]))} == {
        "support-tone",
        "tickets",
    }
    await world.do(lambda change: unlink(change, "tickets", "support-tone", LinkKind.PART_OF))
    assert world.see(lambda c: ancestry(c, ["tickets"])) == ()
    assert world.see(lambda c: ancestry(c, ["tickets"], before)) == ()
    assert len(world.see(lambda c: ancestry(c, ["tickets"], before + SECOND))) == 2
    with pytest.raises(NotFound):
        await world.do(lambda change: unlink(change, "tickets", "support-tone", LinkKind.PART_OF))


async def test_what_changed_since_a_moment_is_found(world: World) -> None:
    """An asset whose facets, links or use changed is named, and so is whatever inherits from it."""
    first, revision = world.at_us, world.see(current_revision)
    assert world.see(lambda c: touched_since(c, first)) == frozenset()
    await world.do(give("northwind-base", Facet.STEWARD, "retail", world.at_us))
    assert world.see(lambda c: touched_since(c, first, revision)) == {"northwind-base", "support-tone"}
    second = world.at_us
    await world.do(lambda change: retire_asset(change, "support-tone", change.at_us))
    assert world.see(lambda c: touched_since(c, second)) == {"support-tone"}
    assert world.see(lambda c: moment_of(c, revision)) == first
    with pytest.raises(NotFound):
        world.see(lambda c: moment_of(c, 99))


async def test_a_retired_asset_keeps_its_owner(world: World) -> None:
    """Its use ends once, whoever answers for it stays; what others in use stand on cannot be retired."""
    with pytest.raises(refused.StillNeeded, match="support-tone"):
        await world.do(lambda change: retire_asset(change, "northwind-base", change.at_us))
    await world.do(lambda change: retire_asset(change, "support-tone", change.at_us))
    await world.do(lambda change: retire_asset(change, "northwind-base", change.at_us))
    assert world.holder("support-tone", OWNER, world.at_us) == "product"
    found = world.see(lambda c: asset(c, "northwind-base"))
    assert found is not None
    assert found.retired_us == world.at_us


async def test_lists_go_on_where_they_ended(world: World) -> None:
    """Assets and parties come by name, a page at a time."""
    first = world.see(lambda c: assets(c, limit=1))
    rest = world.see(lambda c: assets(c, after=first[0].id))
    assert [each.id for each in (*first, *rest)] == ["northwind-base", "support-tone"]
    assert world.see(lambda c: assets(c, kind=AssetType.ADAPTER)) == rest
    assert [each.id for each in world.see(lambda c: parties(c, after="it", limit=2))] == ["product", "retail"]


_LATER, _SOONER = START + 900 * SECOND, START + 800 * SECOND
_REFUSALS: dict[str, tuple[Callable[[Change], object], type[CustodyError]]] = {
    "reversed interval": (give("support-tone", OWNER, "it", _LATER, _SOONER), refused.BadInterval),
    "empty interval": (give("support-tone", OWNER, "it", _LATER, _LATER), refused.BadInterval),
    "before the asset": (give("support-tone", OWNER, "it", START), refused.BadInterval),
    "seconds, not microseconds": (give("support-tone", OWNER, "it", START // SECOND), refused.BadInterval),
    "nanoseconds": (give("support-tone", OWNER, "it", START * 1000), refused.BadInterval),
    "unknown asset": (give("nothing", OWNER, "it", _LATER), refused.UnknownAsset),
    "unknown party": (give("support-tone", OWNER, "nobody", _LATER), refused.UnknownParty),
    "a service that answers": (give("support-tone", OWNER, "triage-bot", _LATER), refused.UnfitHolder),
    "party twice": (lambda c: register_party(c, "it", PartyKind.ORG_UNIT), refused.AlreadyRegistered),
    "person of nowhere": (lambda c: register_party(c, "sub_2", PartyKind.PERSON), refused.UnfitHolder),
    "unit in a unit": (lambda c: register_party(c, "lab", PartyKind.ORG_UNIT, "it"), refused.UnfitHolder),
    "in a person": (lambda c: register_party(c, "sub_2", PartyKind.PERSON, "sub_1"), refused.UnfitHolder),
    "in nothing": (lambda c: register_party(c, "sub_2", PartyKind.PERSON, "no"), refused.UnknownParty),
    "asset twice": (lambda c: register_asset(c, _dataset(c, id="support-tone")), refused.AlreadyRegistered),
    "weights of data": (lambda c: register_asset(c, _dataset(c, weight_hash="ab" * 32)), refused.UnfitAsset),
    "owner twice": (lambda c: register_asset(c, _dataset(c, facets={OWNER: "it"})), refused.UnfitAsset),
    "part of itself": (lambda c: register_asset(c, _dataset(c, part_of=("tickets",))), refused.CyclicLink),
    "cycle": (lambda c: link(c, "northwind-base", "support-tone", LinkKind.PART_OF), refused.CyclicLink),
    "link twice": (
        lambda c: link(c, "support-tone", "northwind-base", LinkKind.DERIVED_FROM),
        refused.AlreadyRegistered,
    ),
    "link to nothing": (lambda c: link(c, "support-tone", "no", LinkKind.PART_OF), refused.UnknownAsset),
    "retired before it was": (lambda c: retire_asset(c, "support-tone", START), refused.BadInterval),
}


async def test_what_contradicts_the_registry_is_refused_and_changes_nothing(world: World) -> None:
    """Each kind of bad input has its typed error, and no row, revision or record is left of it."""
    before = world.see(_everything)
    for name, (work, expected) in _REFUSALS.items():
        with pytest.raises(CustodyError) as raised:
            await world.do(work)
        assert type(raised.value) is expected, name
    assert world.see(_everything) == before


def _everything(connection: Connection) -> object:
    found = assets(connection)
    rows = [timeline(connection, each.id) for each in found]
    return (
        current_revision(connection),
        found,
        rows,
        parties(connection),
        [parents(connection, each.id) for each in found],
    )
