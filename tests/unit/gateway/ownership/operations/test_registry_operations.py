"""Who may change the registry, and on which ground."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from audit.entry import EntryType
from audit.log import Log
from gateway.control.changes import Change, current_revision
from gateway.control.operations import Acting, Operation, Outcome
from gateway.control.schema import FOREVER
from gateway.domain import Subject
from gateway.errors import CustodyError, MatterDisputed, NotPermitted
from gateway.ownership.disputes.tables import DISPUTE_MEASURE
from gateway.ownership.disputes.values import MeasureKind
from gateway.ownership.operations.asserting import AssertOwner, CorrectOwner
from gateway.ownership.operations.registering import (
    LinkAsset,
    RegisterAsset,
    RegisterParty,
    ReorganiseParties,
    RetireAsset,
    UnlinkAsset,
)
from gateway.ownership.registry import errors as refused
from gateway.ownership.registry.assets import asset
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.links import parents
from gateway.ownership.registry.parties import party, successors
from tests.patience import patient_log
from tests.registries import SECOND, World, tell_the_story

pytestmark = pytest.mark.anyio

OWNER = Facet.ACCOUNTABLE_OWNER


@pytest.fixture
async def log(tmp_path: Path) -> Iterator[Log]:
    """A log of its own."""
    opened = patient_log(tmp_path / "audit.db")
    yield opened
    await opened.aclose()


@pytest.fixture
async def world(tmp_path: Path, log: Log) -> Iterator[World]:
    """A registry with the departments and assets of the story."""
    made = World(tmp_path / "control.db", log)
    await made.do(tell_the_story)
    yield made
    made.control.close()


def _acting(department: str, *roles: str) -> Acting:
    return Acting("somebody", Subject(f"sub_{department}_1", "person", department, roles=roles))


ADMIN = _acting("legal", "governance-admin")
LEAD = _acting("product", "owner")
OUTSIDER = _acting("retail", "owner")
NOBODY = _acting("product")


async def _perform(world: World, acting: Acting, kind: type[Operation], **values: object) -> Outcome:
    operation = kind.model_validate(values)
    return await world.do(lambda change: operation.apply(change, acting))


async def _refused(
    world: World, expected: type[CustodyError], acting: Acting, kind: type[Operation], **values: object
) -> None:
    before = world.see(current_revision)
    with pytest.raises(CustodyError) as raised:
        await _perform(world, acting, kind, **values)
    assert type(raised.value) is expected
    assert world.see(current_revision) == before


def _time(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


_NEW = {"asset": "tickets", "type": "dataset", "owner": "product", "basis": "charter", "reference": "b-1"}
_SAID = {"asset": "support-tone", "facet": "steward", "holder": "product", "basis": "operation"}


async def test_an_admin_registers_links_and_retires(world: World) -> None:
    """Parties and assets come, hang together, change shape and end by operations; each is on record."""
    await _perform(world, ADMIN, RegisterParty, party="sub_9", type="person", belongs_to="it")
    assert world.see(lambda c: party(c, "sub_9")) is not None
    assert await _perform(world, ADMIN, RegisterAsset, **_NEW, facets={"steward": "sub_9"}) == {
        "asset": "tickets"
    }
    assert world.holder("tickets", Facet.STEWARD, world.at_us) == "sub_9"
    link = {"asset": "support-tone", "parent": "tickets", "type": "derived_from"}
    await _perform(world, ADMIN, LinkAsset, **link)
    assert len(world.see(lambda c: parents(c, "support-tone"))) == 2
    await _perform(world, ADMIN, UnlinkAsset, **link)
    assert world.records[0].type is EntryType.OWNERSHIP_LINKED
    await _perform(world, ADMIN, RetireAsset, asset="tickets")
    found = world.see(lambda c: asset(c, "tickets"))
    assert found is not None
    assert found.retired_us == world.at_us
    plan = {"type": "rename", "units": ["it"], "successors": ["platform"], "reference": "board-7"}
    outcome = await _perform(world, ADMIN, ReorganiseParties, **plan)
    assert outcome == {"units": ["it"], "successors": ["platform"], "moved": 3}
    assert world.see(lambda c: successors(c, "it", world.at_us)) == ("platform",)


async def test_nobody_else_does(world: World) -> None:
    """An owner registers, links and reorganises nothing, and retires its own assets alone."""
    await _refused(world, NotPermitted, LEAD, RegisterParty, party="x", type="org_unit")
    await _refused(world, NotPermitted, LEAD, RegisterAsset, **_NEW)
    plan = {"type": "rename", "units": ["it"], "successors": ["x"], "reference": "board-7"}
    await _refused(world, NotPermitted, LEAD, ReorganiseParties, **plan)
    link = {"asset": "support-tone", "parent": "northwind-base", "type": "part_of"}
    await _refused(world, NotPermitted, LEAD, LinkAsset, **link)
    await _refused(world, NotPermitted, LEAD, UnlinkAsset, **link)
    await _refused(world, NotPermitted, OUTSIDER, RetireAsset, asset="support-tone")
    await _refused(world, NotPermitted, NOBODY, RetireAsset, asset="support-tone")
    await _perform(world, LEAD, RetireAsset, asset="support-tone")


async def test_an_owner_names_its_own_people_and_nobody_elses(world: World) -> None:
    """It may fill a facet within its department, and neither take from nor burden another one."""
    await _perform(world, LEAD, AssertOwner, **_SAID, reference="team-1")
    assert world.holder("support-tone", Facet.STEWARD, world.at_us) == "product"
    await _perform(
        world, LEAD, AssertOwner, **{**_SAID, "holder": "sub_1", "basis": "charter"}, reference="t"
    )
    await _refused(
        world,
        NotPermitted,
        LEAD,
        AssertOwner,
        **{**_SAID, "facet": "budget_owner", "holder": "retail"},
        reference="t",
    )
    await _refused(world, NotPermitted, LEAD, AssertOwner, **{**_SAID, "facet": OWNER}, reference="t")
    await _refused(
        world, NotPermitted, LEAD, AssertOwner, **{**_SAID, "asset": "northwind-base"}, reference="t"
    )
    await _refused(world, NotPermitted, NOBODY, AssertOwner, **_SAID, reference="t")
    await _refused(world, NotPermitted, OUTSIDER, AssertOwner, **_SAID, reference="t")


async def test_a_holder_loses_nothing_on_a_weak_ground(world: World) -> None:
    """Origination and operation are grounds of a dispute; law, contract and charter move a facet."""
    claim = {"asset": "support-tone", "facet": OWNER, "holder": "retail", "reference": "claim-1"}
    for basis in ("operation", "origination"):
        await _refused(world, NotPermitted, ADMIN, AssertOwner, **claim, basis=basis)
    await _perform(world, ADMIN, AssertOwner, **claim, basis="contract")
    assert world.holder("support-tone", OWNER, world.at_us) == "retail"


async def test_the_second_of_two_writers_hears_that_the_first_was_there(world: World) -> None:
    """Who says what they believe to replace is refused once that is not so any more."""
    claim = {
        "asset": "support-tone",
        "facet": OWNER,
        "basis": "charter",
        "replaces": "product",
        "reference": "b",
    }
    await _perform(world, ADMIN, AssertOwner, **claim, holder="it")
    await _refused(world, refused.AnotherHolder, ADMIN, AssertOwner, **claim, holder="retail")
    empty = {**claim, "facet": "steward", "replaces": "", "holder": "retail"}
    await _perform(world, ADMIN, AssertOwner, **empty)
    await _refused(world, refused.AnotherHolder, ADMIN, AssertOwner, **empty)


async def test_hindsight_is_an_admins_and_foresight_is_no_correction(world: World) -> None:
    """A correction begins in the past, an assertion does not; a clock a little slow is forgiven."""
    first = world.at_us
    said = {**_SAID, "reference": "audit-3"}
    await _refused(world, NotPermitted, LEAD, CorrectOwner, **said, since=_time(first))
    await _refused(world, refused.BadInterval, ADMIN, CorrectOwner, **said, since=_time(first + 900 * SECOND))
    await _refused(world, refused.BadInterval, ADMIN, AssertOwner, **said, since=_time(first - 900 * SECOND))
    await _perform(world, ADMIN, CorrectOwner, **said, since=_time(first), until=_time(first + 5))
    assert world.holder("support-tone", Facet.STEWARD, first + 4) == "product"
    await _perform(world, ADMIN, AssertOwner, **said, since=_time(world.at_us - 2 * SECOND))
    assert world.holder("support-tone", Facet.STEWARD, world.at_us - 1) == "it"  # by default
    assert world.holder("support-tone", Facet.STEWARD, world.at_us) == "product"


async def test_what_is_disputed_stays_where_it_is(world: World) -> None:
    """While a measure keeps the status quo nobody moves the facet, retires the asset or links it anew."""

    def measure(change: Change) -> None:
        change.connection.execute(
            insert(DISPUTE_MEASURE).values(
                dispute="d-1",
                kind=MeasureKind.STATUS_QUO.value,
                asset="support-tone",
                facet="steward",
                department="",
                from_us=change.at_us,
                until_us=FOREVER,
                revision=change.revision,
            )
        )
        change.record(EntryType.DISPUTE_MEASURE_ORDERED, {"dispute": "d-1"})

    await world.do(measure)
    await _refused(world, MatterDisputed, ADMIN, AssertOwner, **_SAID, reference="t")
    await _refused(
        world, MatterDisputed, ADMIN, CorrectOwner, **_SAID, reference="t", since=_time(world.at_us)
    )
    await _refused(world, MatterDisputed, LEAD, RetireAsset, asset="support-tone")
    link = {"asset": "support-tone", "parent": "northwind-base", "type": "part_of"}
    await _refused(world, MatterDisputed, ADMIN, LinkAsset, **link)
    await _perform(world, ADMIN, AssertOwner, **{**_SAID, "facet": "risk_owner"}, reference="t")
