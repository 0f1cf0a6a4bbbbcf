"""Emergency access, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import EntryType
from audit.place import Place
from gateway.control.operations import Acting
from gateway.domain import DataClass, Subject
from gateway.errors import Conflict, Impossible, NotFound, NotPermitted
from gateway.ownership.operations.break_glass import BreakGlass, break_glass, emergencies
from gateway.ownership.operations.granting import RevokeGrant
from gateway.ownership.rights.grants import grants_at
from gateway.pdp.lifecycle.tables import BREAK_GLASS
from gateway.settings import BreakGlassSettings
from tests.contracts.rights_world import SECOND, World, speaker
from tests.patience import patient_log

pytestmark = pytest.mark.anyio

LIMITS = BreakGlassSettings(roles=("custodian",), class_ceiling=DataClass.INTERNAL, max_minutes=30)
REASON = "the complaints queue stands still, incident 2041"
CUSTODIAN = Acting("retail-duty", Subject("sub_duty", "person", "retail", roles=("custodian",)))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    if request.param == "sqlite":
        return tmp_path / "control.db"
    return request.getfixturevalue("postgres_server").place()


@pytest.fixture
async def world(place: Place, tmp_path: Path) -> AsyncIterator[World]:
    """The company."""
    log = patient_log(tmp_path / "audit.db")
    made = await World(place, log).begin()
    yield made
    made.control.close()
    await log.aclose()


def taking(**fields: object) -> BreakGlass:
    """Retail helps itself to product's adapter for ten minutes."""
    terms = {"asset": "support-tone", "class_ceiling": "internal", "minutes": 10, "reason": REASON}
    return break_glass(LIMITS).model_validate({**terms, **fields})


async def test_it_opens_for_minutes_and_tells_the_owner(world: World) -> None:
    """A right for one's own department begins at once and ends by itself; the record is for the owner."""
    outcome = await world.do(CUSTODIAN, taking())
    begun, until = world.at_us, world.at_us + 10 * 60 * SECOND

    def held(at_us: int) -> int:
        return len(world.see(lambda c: grants_at(c, at_us, begun, asset="support-tone", department="retail")))

    assert (held(begun), held(until - 1), held(until)) == (1, 1, 0)
    record = next(each for each in world.records if each.type is EntryType.POLICY_BREAK_GLASS)
    assert record.actor == CUSTODIAN.actor
    assert record.resource is not None
    assert record.resource.owner == record.detail["notice_to"] == outcome["told"] == "product"
    assert record.detail["until_us"] == until
    assert record.detail["reason_sha256"] == sha256(REASON.encode()).hexdigest()
    assert not any(REASON in str(each.detail) for each in world.records)
    (known,) = world.see(lambda c: emergencies(c, owner="product", at_us=begun))
    assert (known.reason, known.until_us) == (REASON, until)
    assert world.see(lambda c: emergencies(c, owner="it")) == []
    assert world.see(lambda c: emergencies(c, at_us=until)) == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"class_ceiling": "confidential"}, Impossible),
        ({"minutes": 31}, Impossible),
        ({"asset": "nothing"}, NotFound),
    ],
)
async def test_it_widens_no_more_than_the_settings_allow(
    world: World, fields: dict[str, object], error: type[Exception]
) -> None:
    """A higher class, a longer time and an unknown asset are refused."""
    with pytest.raises(error):
        await world.do(CUSTODIAN, taking(**fields))
    assert world.see(emergencies) == []


async def test_nobody_may_without_the_role(world: World) -> None:
    """Without a role in the settings, with another role, or as a service, nobody helps themselves."""
    service = Acting("retail-service", Subject("sub_s", "service", "retail", roles=("custodian",)))
    for acting in (speaker("retail"), service):
        with pytest.raises(NotPermitted):
            await world.do(acting, taking())
    closed = break_glass(BreakGlassSettings()).model_validate(taking().model_dump())
    with pytest.raises(NotPermitted, match="no role"):
        await world.do(CUSTODIAN, closed)


async def test_the_owner_may_end_it(world: World) -> None:
    """The owner who was told revokes it like any grant, and it can then be taken anew."""
    outcome = await world.do(CUSTODIAN, taking())
    with pytest.raises(Conflict):
        await world.do(CUSTODIAN, taking(minutes=5))
    await world.do(speaker("product"), RevokeGrant(grant=str(outcome["grant"])))
    assert await world.do(CUSTODIAN, taking())


async def test_its_history_stays(world: World) -> None:
    """The database refuses to change or delete what was taken."""
    await world.do(CUSTODIAN, taking())
    for statement in (delete(BREAK_GLASS), update(BREAK_GLASS).values(reason="another reason")):
        with pytest.raises(SQLAlchemyError), world.control.database.writer.begin() as connection:
            connection.execute(statement)
