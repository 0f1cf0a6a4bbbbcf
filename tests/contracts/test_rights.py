"""One suite for grants, delegations and transfers, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import EntryType
from audit.place import Place
from gateway.control import proposals
from gateway.control.changes import Change, current_revision
from gateway.control.operations import Acting, Operation
from gateway.control.schema import FOREVER
from gateway.domain import DataClass, Right
from gateway.errors import Conflict, CustodyError, Impossible, MatterDisputed, NotFound, NotPermitted
from gateway.ownership.disputes.measures import order
from gateway.ownership.disputes.values import MeasureKind
from gateway.ownership.operations.delegating import GiveDelegation, RevokeDelegation
from gateway.ownership.operations.granting import GiveGrant, RevokeGrant
from gateway.ownership.operations.reorganisation import Reorganisation, Reshaping, reorganise
from gateway.ownership.operations.transferring import (
    AcceptTransfer,
    DeclineTransfer,
    ExpireTransfer,
    ProposeTransfer,
    RevokeTransfer,
)
from gateway.ownership.registry.assertions import assert_facet
from gateway.ownership.registry.facets import Basis, Facet, PartyKind
from gateway.ownership.registry.parties import register_party
from gateway.ownership.rights.authority import Power
from gateway.ownership.rights.carrying import carry_rights
from gateway.ownership.rights.delegations import delegations_at
from gateway.ownership.rights.grants import MOST_GRANTS, grant_history, grants_at
from gateway.ownership.rights.lapsing import lapse_transfers
from gateway.ownership.rights.tables import DELEGATION, GRANT, TRANSFER, TRANSFER_END
from gateway.ownership.rights.transfers import State, find_transfer, transfers
from gateway.views import proposals as proposal_views
from gateway.views import transfers as transfer_views
from tests.contracts.rights_world import SECOND, World, employee, speaker
from tests.patience import patient_log
from tests.registries import registry_place

pytestmark = pytest.mark.anyio

DAY_US = 86_400 * SECOND
PRODUCT, RETAIL, IT, LEGAL = speaker("product"), speaker("retail"), speaker("it"), speaker("legal")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for a control database."""
    return registry_place(request, tmp_path, request.param)


@pytest.fixture
async def world(place: Place, tmp_path: Path) -> AsyncIterator[World]:
    """The company."""
    log = patient_log(tmp_path / "audit.db")
    made = await World(place, log).begin()
    yield made
    made.control.close()
    await log.aclose()


def grant(world: World, **fields: object) -> GiveGrant:
    """Product's grant to retail: confidential letters for a year."""
    terms: dict[str, object] = {
        "asset": "support-tone",
        "department": "retail",
        "class_ceiling": "confidential",
        "expires": world.in_days(365),
        "use_case": "complaint-triage",
    }
    return GiveGrant.model_validate({**terms, **fields})


def delegation(world: World, **fields: object) -> GiveDelegation:
    """Product lets IT grant its adapter for half a year."""
    terms: dict[str, object] = {
        "delegate": "it",
        "asset": "support-tone",
        "class_ceiling": "confidential",
        "expires": world.in_days(180),
    }
    return GiveDelegation.model_validate({**terms, **fields})


def offer(world: World, **fields: object) -> ProposeTransfer:
    """Product offers its adapter to retail."""
    terms: dict[str, object] = {"asset": "support-tone", "to": "retail", "expires": world.in_days(30)}
    return ProposeTransfer.model_validate({**terms, **fields})


def held(world: World, valid_us: int = 0, known_us: int = 0) -> list[str]:
    """The ids of retail's grants on the adapter."""
    valid, known = valid_us or world.at_us, known_us or world.at_us
    found = world.see(lambda c: grants_at(c, valid, known, asset="support-tone", department="retail"))
    return [each.id for each in found]


async def refused(world: World, kind: type[CustodyError], acting: Acting, operation: Operation) -> str:
    """The words of a refusal, once it is sure that it changed nothing."""
    tables = (GRANT, DELEGATION, TRANSFER, TRANSFER_END)
    before = world.see(lambda c: [c.execute(select(table)).all() for table in tables])
    with pytest.raises(kind) as told:
        await world.do(acting, operation)
    assert world.see(lambda c: [c.execute(select(table)).all() for table in tables]) == before
    return str(told.value)


async def test_a_grant_holds_from_its_change_until_it_is_revoked(world: World) -> None:
    """What was believed at any time of any time can still be asked after a revocation."""
    told = await world.do(PRODUCT, grant(world))
    given, given_us = str(told["grant"]), world.at_us
    (record,) = world.records
    assert record.type is EntryType.GRANT_GIVEN
    assert record.resource is not None
    assert (record.resource.owner, record.detail["department"]) == ("product", "retail")
    assert held(world) == [given]
    await world.do(PRODUCT, RevokeGrant(grant=given))
    revoked_us = world.at_us
    assert world.kinds() == [EntryType.GRANT_REVOKED]
    assert held(world) == []
    assert held(world, valid_us=given_us) == [given]
    # Before the revocation it was believed to go on.
    assert held(world, valid_us=revoked_us + SECOND, known_us=revoked_us - 1) == [given]
    assert held(world, valid_us=revoked_us + SECOND) == []
    first, second = world.see(lambda c: grant_history(c, given))
    assert (first.recorded_to_us, second.recorded_to_us) == (revoked_us, FOREVER)
    assert (second.terms.from_us, second.terms.to_us) == (given_us, revoked_us)


async def test_a_grant_that_starts_later_can_be_taken_back_before(world: World) -> None:
    """A grant for next week that is revoked today never held, and was once believed to."""
    told = await world.do(PRODUCT, grant(world, starts=world.in_days(7)))
    given_us, later = world.at_us, world.at_us + 8 * 86_400 * SECOND
    assert (held(world), held(world, valid_us=later)) == ([], [told["grant"]])
    await world.do(PRODUCT, RevokeGrant(grant=str(told["grant"])))
    assert held(world, valid_us=later) == []
    assert held(world, valid_us=later, known_us=given_us) == [told["grant"]]


async def test_only_the_owner_gives(world: World) -> None:
    """Neither another department nor somebody without the role can give away what product owns."""
    for acting in (RETAIL, IT, employee("product"), speaker("audit")):
        words = await refused(world, NotPermitted, acting, grant(world))
        assert "product" in words


async def test_a_grant_that_cannot_be_changes_nothing(world: World) -> None:
    """Unknown names and times that cannot be meant are typed errors."""
    cases: list[tuple[dict[str, object], type[CustodyError]]] = [
        ({"asset": "no-such-asset"}, NotFound),
        ({"department": "vanished"}, NotFound),
        ({"expires": "2020-01-01T00:00:00Z"}, Impossible),
        ({"expires": "2200-01-01T00:00:00Z"}, Impossible),
        ({"starts": "2199-01-01T00:00:00Z", "expires": "2198-01-01T00:00:00Z"}, Impossible),
        ({"under": "grant-999"}, NotFound),
    ]
    for fields, kind in cases:
        await refused(world, kind, PRODUCT, grant(world, **fields))


async def test_no_grant_stands_twice(world: World) -> None:
    """What a department has already is not given again; more is."""
    await world.do(PRODUCT, grant(world))
    await refused(world, Conflict, PRODUCT, grant(world, expires=world.in_days(10)))
    await world.do(PRODUCT, grant(world, class_ceiling="restricted"))
    await world.do(PRODUCT, grant(world, action="invoke", grant_option=True))
    assert len(held(world)) == 3


async def test_a_department_holds_a_bounded_number_of_grants(world: World) -> None:
    """What goes into each policy input and each record has a limit."""
    several = [grant(world, use_case=f"case-{number}") for number in range(MOST_GRANTS)]
    await world.change(lambda change: [each.apply(change, PRODUCT) for each in several])
    words = await refused(world, Conflict, PRODUCT, grant(world, use_case="one-more"))
    assert str(MOST_GRANTS) in words


async def test_a_grant_is_given_on_within_its_bounds_and_falls_with_it(world: World) -> None:
    """With grant option a department gives on no more than it has; revoking the first ends them all."""
    first = await world.do(PRODUCT, grant(world, action="invoke", grant_option=True))
    on = {"under": first["grant"], "department": "legal", "action": "chat"}
    second = await world.do(RETAIL, grant(world, **on, grant_option=True))
    third = await world.do(LEGAL, grant(world, **{**on, "under": second["grant"], "department": "audit"}))
    for more in (
        {"class_ceiling": "restricted"},
        {"action": "tune"},
        {"use_case": ""},
        {"expires": world.in_days(400)},
        {"asset": "northwind-base"},
        {"department": "retail"},
    ):
        await refused(world, Impossible, RETAIL, grant(world, **{**on, **more}))
    await refused(world, NotPermitted, IT, grant(world, **on))
    await refused(
        world,
        NotPermitted,
        speaker("audit"),
        grant(world, **{**on, "under": third["grant"], "department": "it"}),
    )
    told = await world.do(PRODUCT, RevokeGrant(grant=str(first["grant"])))
    assert told["ended"] == [first["grant"], second["grant"], third["grant"]]
    assert world.kinds() == [EntryType.GRANT_REVOKED] * 3
    await refused(world, Conflict, RETAIL, grant(world, **on))
    await refused(world, Conflict, PRODUCT, RevokeGrant(grant=str(first["grant"])))


async def test_who_holds_a_grant_may_give_it_up_and_others_may_not_end_it(world: World) -> None:
    """A grant is ended by its owner, its giver or its holder, and by nobody else."""
    told = await world.do(PRODUCT, grant(world))
    given = RevokeGrant(grant=str(told["grant"]))
    for acting in (IT, LEGAL, employee("retail"), employee("product")):
        await refused(world, NotPermitted, acting, given)
    await world.do(RETAIL, given)
    assert held(world) == []


async def test_grants_outlast_an_owner_and_are_the_next_ones_to_revoke(world: World) -> None:
    """A grant stands on the asset: whoever owns it next finds it, and may end it."""
    told = await world.do(PRODUCT, grant(world, department="legal"))
    moved = await world.do(PRODUCT, offer(world))
    await world.do(RETAIL, AcceptTransfer(transfer=str(moved["transfer"])))
    found = world.see(lambda c: grants_at(c, world.at_us, world.at_us, department="legal"))
    assert [each.id for each in found] == [told["grant"]]
    await world.do(RETAIL, RevokeGrant(grant=str(told["grant"])))
    await refused(world, NotPermitted, PRODUCT, grant(world))


async def test_a_delegate_grants_within_its_scope(world: World) -> None:
    """A delegate gives in the owner's name, on its asset, up to its class, with its power, until its end."""
    await refused(world, NotPermitted, IT, grant(world))
    made = await world.do(PRODUCT, delegation(world))
    await world.do(IT, grant(world))
    (record,) = world.records
    assert (record.detail["grantor"], record.detail["delegation"]) == ("product", made["delegation"])
    assert record.actor == IT.actor
    await refused(world, NotPermitted, IT, grant(world, class_ceiling="restricted"))
    await refused(world, NotPermitted, employee("it"), grant(world, use_case="another"))
    await refused(world, NotPermitted, IT, offer(world))
    await world.do(IT, RevokeGrant(grant=held(world)[0]))
    world.skipped_us = 181 * 86_400 * SECOND
    await refused(world, NotPermitted, IT, grant(world))


async def test_a_person_can_be_a_delegate(world: World) -> None:
    """A delegation to a person is that person's alone."""
    await world.do(PRODUCT, delegation(world, delegate="sub_it7"))
    await refused(world, NotPermitted, IT, grant(world))
    await world.do(speaker("it", 7), grant(world))
    assert len(held(world)) == 1


async def test_a_delegation_over_everything_ends_where_ownership_does(world: World) -> None:
    """Delegated powers are the owner's: what it does not own, or no more, its delegate cannot give."""
    await world.do(PRODUCT, delegation(world, asset="*"))
    await world.do(IT, grant(world))
    await refused(world, NotPermitted, LEGAL, delegation(world, asset="northwind-base"))
    moved = await world.do(PRODUCT, offer(world))
    await world.do(RETAIL, AcceptTransfer(transfer=str(moved["transfer"])))
    await refused(world, NotPermitted, IT, grant(world, department="legal"))


async def test_delegations_are_passed_on_within_depth_and_without_cycles(world: World) -> None:
    """Each link has less depth and no more scope than the one above it; nobody stands in a chain twice."""
    top = await world.do(PRODUCT, delegation(world, depth=2))
    under = {"under": top["delegation"], "delegate": "retail"}
    second = await world.do(IT, delegation(world, **under, depth=1))
    for fields, kind in (
        ({"depth": 2}, Impossible),
        ({"class_ceiling": "restricted"}, Impossible),
        ({"powers": ["grant", "transfer"]}, Impossible),
        ({"expires": world.in_days(200)}, Impossible),
        ({"asset": "*"}, Impossible),
        ({"delegate": "product"}, Impossible),
        ({"delegate": "it"}, Impossible),
        ({"delegate": "vanished"}, NotFound),
        ({"under": "delegation-999"}, NotFound),
    ):
        await refused(world, kind, IT, delegation(world, **{**under, **fields}))
    third = {"under": second["delegation"], "delegate": "legal"}
    for delegate in ("product", "it", "retail"):
        words = await refused(world, Impossible, RETAIL, delegation(world, **{**third, "delegate": delegate}))
        assert "cycle" in words or "own powers" in words
    last = await world.do(RETAIL, delegation(world, **third))
    await refused(
        world,
        NotPermitted,
        LEGAL,
        delegation(world, under=last["delegation"], delegate="audit"),
    )
    await refused(world, NotPermitted, IT, delegation(world, **third))
    await refused(world, Impossible, PRODUCT, delegation(world, delegate="product"))


async def test_revoking_a_delegation_ends_all_below_it(world: World) -> None:
    """A chain falls with the link it hangs on; grants stay, unless they are to end too."""
    top = await world.do(PRODUCT, delegation(world, depth=2))
    second = await world.do(IT, delegation(world, under=top["delegation"], delegate="retail", depth=1))
    third = await world.do(RETAIL, delegation(world, under=second["delegation"], delegate="legal"))
    await world.do(LEGAL, grant(world))
    await refused(world, NotPermitted, speaker("audit"), RevokeDelegation(delegation=str(top["delegation"])))
    await refused(world, NotPermitted, RETAIL, RevokeDelegation(delegation=str(top["delegation"])))
    told = await world.do(PRODUCT, RevokeDelegation(delegation=str(second["delegation"])))
    assert told == {"ended": [second["delegation"], third["delegation"]], "grants": []}
    await refused(world, NotPermitted, LEGAL, grant(world, use_case="another"))
    assert len(held(world)) == 1
    await world.do(IT, grant(world, use_case="another"))
    told = await world.do(PRODUCT, RevokeDelegation(delegation=str(top["delegation"]), end_grants=True))
    assert len(held(world)) == 1
    assert len(told["grants"]) == 1
    now = world.see(lambda c: delegations_at(c, world.at_us, world.at_us, root="product"))
    before = world.see(lambda c: delegations_at(c, world.at_us, world.at_us - 1, root="product"))
    assert (now, [each.id for each in before]) == ((), [top["delegation"]])
    await refused(world, Conflict, PRODUCT, RevokeDelegation(delegation=str(top["delegation"])))


async def test_a_delegate_may_step_down_and_takes_nothing_along(world: World) -> None:
    """Giving a delegation up is the delegate's right; ending the owner's grants with it is not."""
    made = await world.do(PRODUCT, delegation(world))
    await world.do(IT, grant(world))
    ending = RevokeDelegation(delegation=str(made["delegation"]))
    await refused(world, NotPermitted, IT, ending.model_copy(update={"end_grants": True}))
    await world.do(IT, ending)
    assert len(held(world)) == 1


async def test_a_transfer_passes_the_facet_when_both_have_said_so(world: World) -> None:
    """Until it is accepted nothing has passed; then it has, in one change, and the past stays."""
    told = await world.do(PRODUCT, offer(world, reference="2026-17"))
    transfer, proposed_us = str(told["transfer"]), world.at_us
    assert world.holder("support-tone") == "product"
    await refused(world, NotPermitted, PRODUCT, AcceptTransfer(transfer=transfer))
    await refused(world, NotPermitted, LEGAL, AcceptTransfer(transfer=transfer))
    await world.do(RETAIL, AcceptTransfer(transfer=transfer))
    assert world.kinds() == [EntryType.TRANSFER_ACCEPTED, EntryType.OWNERSHIP_ASSERTED]
    assert world.holder("support-tone") == "retail"
    assert world.holder("support-tone", valid_us=proposed_us) == "product"
    assert world.holder("support-tone", valid_us=world.at_us, known_us=proposed_us) == "product"
    assert world.holder("support-tone", valid_us=world.at_us - 1) == "product"
    found = world.see(lambda c: find_transfer(c, transfer))
    assert (found.state, found.ended_us) == (State.ACCEPTED, world.at_us)
    await refused(world, Conflict, RETAIL, AcceptTransfer(transfer=transfer))


async def test_only_its_holder_offers_a_facet(world: World) -> None:
    """What one does not hold one cannot transfer; each facet is its own holder's."""
    for acting in (RETAIL, IT, employee("product")):
        await refused(world, NotPermitted, acting, offer(world))
    await refused(world, NotPermitted, PRODUCT, offer(world, facet="custodian"))
    await refused(world, Conflict, PRODUCT, offer(world, facet="steward"))
    told = await world.do(IT, offer(world, facet="custodian"))
    await world.do(RETAIL, AcceptTransfer(transfer=str(told["transfer"])))
    assert world.holder("support-tone", Facet.CUSTODIAN) == "retail"
    assert world.holder("support-tone") == "product"


async def test_an_offer_that_cannot_be_changes_nothing(world: World) -> None:
    """Unknown names and times that cannot be meant are typed errors."""
    cases: list[tuple[dict[str, object], type[CustodyError]]] = [
        ({"to": "product"}, Impossible),
        ({"to": "vanished"}, NotFound),
        ({"asset": "no-such-asset"}, NotFound),
        ({"expires": "2020-01-01T00:00:00Z"}, Impossible),
    ]
    for fields, kind in cases:
        await refused(world, kind, PRODUCT, offer(world, **fields))


async def test_what_is_declined_or_taken_back_passes_nothing(world: World) -> None:
    """Each end is its side's to say, and final."""
    first = str((await world.do(PRODUCT, offer(world)))["transfer"])
    await refused(world, Conflict, PRODUCT, offer(world, to="it"))
    await refused(world, NotPermitted, PRODUCT, DeclineTransfer(transfer=first))
    await world.do(RETAIL, DeclineTransfer(transfer=first))
    await refused(world, Conflict, RETAIL, AcceptTransfer(transfer=first))
    second = str((await world.do(PRODUCT, offer(world)))["transfer"])
    await refused(world, NotPermitted, RETAIL, RevokeTransfer(transfer=second))
    await world.do(PRODUCT, RevokeTransfer(transfer=second))
    await refused(world, Conflict, RETAIL, AcceptTransfer(transfer=second))
    assert world.holder("support-tone") == "product"
    states = [each.state for each in world.see(lambda c: transfers(c, asset="support-tone"))]
    assert states == [State.DECLINED, State.REVOKED]


async def test_an_offer_ends_by_itself(world: World) -> None:
    """After its time it cannot be accepted; anybody can say so, and so does the next offer."""
    first = str((await world.do(PRODUCT, offer(world, expires=world.in_days(1))))["transfer"])
    await refused(world, Conflict, LEGAL, ExpireTransfer(transfer=first))
    world.skipped_us = 2 * 86_400 * SECOND
    await refused(world, Conflict, RETAIL, AcceptTransfer(transfer=first))
    second = str((await world.do(PRODUCT, offer(world, expires=world.in_days(3))))["transfer"])
    assert world.kinds() == [EntryType.TRANSFER_EXPIRED, EntryType.TRANSFER_PROPOSED]
    world.skipped_us = 9 * 86_400 * SECOND
    await world.do(LEGAL, ExpireTransfer(transfer=second))
    await refused(world, Conflict, LEGAL, ExpireTransfer(transfer=second))
    assert world.see(lambda c: transfers(c, party="retail", open_only=True)) == ()
    assert world.holder("support-tone") == "product"


async def test_what_was_not_accepted_in_time_ends_on_record(world: World) -> None:
    """The gateway's upkeep ends offers whose time is over, and changes nothing where there are none."""
    first = str((await world.do(PRODUCT, offer(world, expires=world.in_days(1))))["transfer"])
    await world.do(IT, offer(world, facet="custodian", expires=world.in_days(9)))
    revision = world.see(current_revision)
    assert await lapse_transfers(world.control, LEGAL.actor, world.wall_us) == ()
    world.skipped_us = 2 * 86_400 * SECOND
    assert await lapse_transfers(world.control, LEGAL.actor, world.wall_us) == (first,)
    assert await lapse_transfers(world.control, LEGAL.actor, world.wall_us) == ()
    assert world.see(current_revision) == revision + 1
    assert world.see(lambda c: find_transfer(c, first)).state is State.EXPIRED


async def test_of_two_that_accept_at_once_one_does(world: World) -> None:
    """Two people of one department who accept at the same moment pass the facet once."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])
    done: list[str] = []

    async def accept(number: int) -> None:
        try:
            await world.do(speaker("retail", number), AcceptTransfer(transfer=transfer))
            done.append("accepted")
        except Conflict:
            done.append("refused")

    async with anyio.create_task_group() as group:
        for number in range(6):
            group.start_soon(accept, number)
    assert sorted(done) == ["accepted", *["refused"] * 5]
    assert world.holder("support-tone") == "retail"


async def test_an_offer_dies_with_what_it_offers(world: World) -> None:
    """Where the facet has gone elsewhere meanwhile, the offer can no longer be accepted."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])

    def rule(change: Change) -> None:
        assert_facet(
            change,
            asset="support-tone",
            facet=Facet.ACCOUNTABLE_OWNER,
            holder="legal",
            basis=Basis.RULING,
            valid_from_us=change.at_us,
        )

    await world.change(rule)
    words = await refused(world, Conflict, RETAIL, AcceptTransfer(transfer=transfer))
    assert "legal" in words
    await refused(world, NotPermitted, LEGAL, RevokeTransfer(transfer=transfer))


async def reshape(world: World, kind: Reshaping, units: str, successors: str) -> None:
    """A reorganisation as of its own moment."""
    await world.change(
        lambda change: reorganise(
            change,
            Reorganisation(
                kind=kind,
                units=tuple(units.split()),
                successors=tuple(successors.split()),
                effective_us=change.at_us,
            ),
        )
    )


@pytest.mark.parametrize("side", ["product", "retail"])
async def test_an_offer_follows_a_renamed_party(world: World, side: str) -> None:
    """Where a side goes by another name, its new name stands in the old one's place, and nobody else."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])
    await reshape(world, Reshaping.RENAME, side, "between")
    await reshape(world, Reshaping.RENAME, "between", "new")
    receiver = "new" if side == "retail" else "retail"
    for stranger in ({"new", "retail", "product", "between", "legal"}) - {receiver}:
        await refused(world, NotPermitted, speaker(stranger), AcceptTransfer(transfer=transfer))
    assert [each.id for each in world.see(lambda c: transfers(c, party="new"))] == [transfer]
    told = await world.do(speaker(receiver), AcceptTransfer(transfer=transfer))
    assert (told["holder"], world.holder("support-tone")) == (receiver, receiver)


@pytest.mark.parametrize(("side", "ending"), [("product", RevokeTransfer), ("retail", DeclineTransfer)])
async def test_a_renamed_party_ends_its_offer(
    world: World, side: str, ending: type[RevokeTransfer | DeclineTransfer]
) -> None:
    """Taking back and declining are the new name's too, and of nobody else."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])
    await reshape(world, Reshaping.RENAME, side, "new")
    await refused(world, NotPermitted, LEGAL, ending(transfer=transfer))
    await world.do(speaker("new"), ending(transfer=transfer))


async def test_what_is_told_of_a_renamed_party(world: World) -> None:
    """Offers and proposals show who stands in an old name's place, and are shown to them."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])

    def propose(change: Change) -> str:
        change.record(EntryType.OPERATION_PROPOSED, {})
        return proposals.propose(change, RETAIL, grant(world), DAY_US).id

    proposal = await world.change(propose)
    await reshape(world, Reshaping.RENAME, "retail", "stores")
    offered = world.see(lambda c: transfer_views.find(c, transfer, world.at_us))
    assert (offered.to_party, offered.to_now, offered.from_now) == ("retail", ["stores"], ["product"])
    assert "stores" in offered.concerned
    waiting = world.see(lambda c: proposal_views.find(c, proposal, world.at_us))
    assert (waiting.department, waiting.now) == ("retail", {"retail": ["stores"]})
    assert waiting.concerned == {"retail", "stores"}


async def test_an_offer_to_a_department_that_was_split_is_nobodys(world: World) -> None:
    """Which part was meant nobody can say, so neither accepts; either may decline."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])
    await reshape(world, Reshaping.SPLIT, "retail", "shops web")
    for part in ("shops", "web"):
        words = await refused(world, Conflict, speaker(part), AcceptTransfer(transfer=transfer))
        assert "shops and web" in words
    await world.do(speaker("web"), DeclineTransfer(transfer=transfer))


async def test_an_offer_between_merged_parties_passes_nothing(world: World) -> None:
    """Where both sides have become one, there is nothing left to accept."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])
    await reshape(world, Reshaping.MERGE, "product retail", "sales")
    words = await refused(world, Conflict, speaker("sales"), AcceptTransfer(transfer=transfer))
    assert "Both sides are sales" in words


async def test_an_offer_does_not_come_back_to_life_by_a_merger(world: World) -> None:
    """Who offered it lost it meanwhile to another; that both are one later makes the offer no good."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])

    def take(change: Change) -> None:
        assert_facet(
            change,
            asset="support-tone",
            facet=Facet.ACCOUNTABLE_OWNER,
            holder="legal",
            basis=Basis.RULING,
            valid_from_us=change.at_us,
        )

    await world.change(take)
    await reshape(world, Reshaping.MERGE, "product legal", "legal")
    await refused(world, Conflict, RETAIL, AcceptTransfer(transfer=transfer))
    assert world.holder("support-tone") == "legal"


async def test_what_is_disputed_is_not_transferred(world: World) -> None:
    """An interim measure holds a facet where it is: no new offer, and none of before is accepted."""
    transfer = str((await world.do(PRODUCT, offer(world)))["transfer"])

    def freeze(change: Change) -> None:
        order(
            change,
            "dispute-1",
            MeasureKind.STATUS_QUO,
            asset="support-tone",
            facets=("accountable_owner",),
        )
        change.record(EntryType.DISPUTE_MEASURE_ORDERED, {"dispute": "dispute-1"})

    await world.change(freeze)
    words = await refused(world, MatterDisputed, RETAIL, AcceptTransfer(transfer=transfer))
    assert "dispute-1" in words
    await world.do(PRODUCT, RevokeTransfer(transfer=transfer))
    await refused(world, MatterDisputed, PRODUCT, offer(world))
    await world.do(IT, offer(world, facet="custodian"))


async def test_a_delegate_transfers_only_with_that_power(world: World) -> None:
    """The power to grant is not the power to give the asset away."""
    await world.do(PRODUCT, delegation(world, powers=[Power.GRANT.value]))
    await refused(world, NotPermitted, IT, offer(world))
    made = await world.do(PRODUCT, delegation(world, delegate="legal", powers=["transfer"]))
    await refused(world, NotPermitted, LEGAL, grant(world))
    told = await world.do(LEGAL, offer(world))
    found = world.see(lambda c: find_transfer(c, str(told["transfer"])))
    assert (found.offer.from_party, found.offer.delegation) == ("product", made["delegation"])


async def test_rights_follow_a_department_that_is_renamed(world: World) -> None:
    """Grants and delegations keep their ids and go on with whoever stands in the old place."""
    told = await world.do(PRODUCT, grant(world, grant_option=True))
    await world.do(PRODUCT, delegation(world, delegate="retail"))
    before_us = world.at_us

    def rename(change: Change) -> list[str]:
        register_party(change, "stores", PartyKind.ORG_UNIT)
        return carry_rights(change, {"retail"}, "stores")

    assert len(await world.change(rename)) == 2
    assert held(world) == []
    assert held(world, valid_us=before_us) == [told["grant"]]
    (carried,) = world.see(lambda c: grants_at(c, world.at_us, world.at_us, department="stores"))
    assert carried.id == told["grant"]
    await world.do(
        speaker("stores"), grant(world, under=told["grant"], department="legal", expires=world.in_days(9))
    )
    await world.do(speaker("stores"), grant(world, department="audit"))
    ended = await world.do(PRODUCT, RevokeGrant(grant=str(told["grant"])))
    assert len(ended["ended"]) == 2


async def test_history_cannot_be_touched(world: World) -> None:
    """The database itself refuses to change or delete what was believed, and a second end of a transfer."""
    await world.do(PRODUCT, grant(world))
    await world.do(PRODUCT, delegation(world))
    transfer = await world.do(PRODUCT, offer(world))
    await world.do(RETAIL, AcceptTransfer(transfer=str(transfer["transfer"])))
    statements = [delete(table) for table in (GRANT, DELEGATION, TRANSFER, TRANSFER_END)]
    changes = [
        update(GRANT).values(class_ceiling="restricted"),
        update(GRANT).values(recorded_from_us=1),
        update(DELEGATION).values(depth=7),
        update(TRANSFER).values(to_party="it"),
        update(TRANSFER_END).values(state="declined"),
    ]
    for statement in (*statements, *changes):
        with pytest.raises(SQLAlchemyError), world.control.database.writer.begin() as connection:
            connection.execute(statement)


async def test_a_right_is_what_it_says() -> None:
    """``invoke`` stands for what hands a prompt to a model, and for nothing else."""
    covered = {right for right in Right if Right.INVOKE.covers(right)}
    assert covered == {Right.INVOKE, Right.CHAT, Right.COMPLETE, Right.EMBED}
    assert not Right.CHAT.covers(Right.INVOKE)
    assert DataClass.INTERNAL.within(DataClass.INTERNAL)
    assert not DataClass.RESTRICTED.within(DataClass.CONFIDENTIAL)
