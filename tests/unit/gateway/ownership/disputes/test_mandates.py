"""Mandates: applications side by side, an award like any other ruling."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.control.operations import Acting
from gateway.errors import AlreadyDecided, Conflict, Impossible, MatterDisputed, NotPermitted
from gateway.ownership.disputes import measures, precedents
from gateway.ownership.disputes.clerk import Admit, Deliberate, Execute, Mediate, OpenEvidence, Seal, Serve
from gateway.ownership.disputes.filing import FileDispute
from gateway.ownership.disputes.mandates import ApplyForMandate, OpenMandate, comparison
from gateway.ownership.disputes.pleading import Join, ProposeSettlement
from gateway.ownership.disputes.states import State
from gateway.ownership.registry.facets import Facet
from tests.court import CLERK, DAY_US, IT, PRODUCT, RETAIL, Court

pytestmark = pytest.mark.anyio

STEWARD = {
    "facets": ["steward"],
    "statement": "we know the letters",
    "plan": "a weekly look",
    "cost": 1_200_000,
    "conditions": ["a seat in the review"],
}
NEW = {**STEWARD, "facets": ["accountable_owner", "data_owner"], "asset_type": "dataset"}


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    """The story's court."""
    made = Court(tmp_path / "control.db")
    await made.begin()
    yield made
    made.control.close()


async def _opened(court: Court, by: Acting = RETAIL, asset: str = "support-tone", **said: object) -> str:
    application = {**STEWARD, "asset": asset, **said}
    return str((await court.do(by, OpenMandate.model_validate(application)))["mandate"])


async def _running(court: Court, *, asset: str = "support-tone", **said: object) -> str:
    mandate = await _opened(court, asset=asset, **said)
    await court.do(RETAIL, FileDispute(dispute=mandate))
    for step in (Admit, Serve):
        await court.do(CLERK, step(dispute=mandate))
    return mandate


async def _apply(court: Court, mandate: str, by: Acting, **said: object) -> None:
    application = {**STEWARD, "dispute": mandate, **said}
    await court.do(by, ApplyForMandate.model_validate(application))


async def _deliberated(court: Court, mandate: str) -> None:
    for step in (OpenEvidence, Seal, Mediate):
        await court.do(CLERK, step(dispute=mandate))
    await court.seated(mandate)
    await court.do(CLERK, Deliberate(dispute=mandate))


async def test_applications_stand_side_by_side(court: Court) -> None:
    """Each applicant's facets, plan, cost and conditions are shown in the order in which they came."""
    mandate = await _running(court)
    await _apply(court, mandate, PRODUCT, plan="a daily look", cost=900_000, conditions=[])
    first, second = court.see(lambda c: comparison(c, mandate))
    assert (first.party, first.plan, first.conditions) == (
        "retail",
        "a weekly look",
        ("a seat in the review",),
    )
    assert (second.party, second.cost, second.facets) == ("product", 900_000, ("steward",))


async def test_the_award_is_a_ruling_with_term_and_review(court: Court) -> None:
    """A panel awards it like any ruling; after its term the facet is nobody's again."""
    mandate = await _running(court)
    await _apply(court, mandate, PRODUCT)
    await _deliberated(court, mandate)
    term, review = "2028-01-15T00:00:00Z", "2027-10-01T00:00:00Z"
    await court.ruled(mandate, {"steward": "product"}, term=term, review=review)
    await court.final(mandate)
    await court.do(CLERK, Execute(dispute=mandate))
    assert court.holder(Facet.STEWARD) == "product"
    assert court.holder(Facet.STEWARD, at_us=court.now_us + 400 * DAY_US) == ""
    found = court.see(lambda c: precedents.search(c, facet="steward"))
    assert [(each.party, each.granted, each.kind) for each in found] == [
        ("retail", False, "mandate"),
        ("product", True, "mandate"),
    ]
    assert {"dispute.ruled", "dispute.executed"} <= {record.type.value for record in court.log.records}


async def test_an_award_registers_what_was_not_registered(court: Court) -> None:
    """A mandate for a new dataset ends with the dataset in the registry, owned by whom the panel named."""
    mandate = await _running(court, asset="letters-2027", **NEW)
    await _apply(court, mandate, PRODUCT, facets=["accountable_owner", "data_owner"])
    assert not court.registered("letters-2027")
    await _deliberated(court, mandate)
    given = {"accountable_owner": "retail", "data_owner": "product"}
    await court.ruled(mandate, given, review="2027-10-01T00:00:00Z", term="2028-01-15T00:00:00Z")
    await court.final(mandate)
    await court.do(CLERK, Execute(dispute=mandate))
    later_us = court.now_us + 900 * DAY_US
    assert court.holder(Facet.ACCOUNTABLE_OWNER, "letters-2027", later_us) == "retail"
    assert court.holder(Facet.DATA_OWNER, "letters-2027") == "product"


async def test_a_mandate_that_is_awarded_to_nobody_registers_nothing(court: Court) -> None:
    """A panel that refuses every applicant leaves the registry as it was."""
    mandate = await _running(court, asset="letters-2027", **NEW)
    await _deliberated(court, mandate)
    await court.ruled(mandate, {"accountable_owner": "", "data_owner": ""})
    await court.final(mandate)
    await court.do(CLERK, Execute(dispute=mandate))
    assert court.case(mandate).state is State.EXECUTED
    assert not court.registered("letters-2027")


async def test_what_is_held_is_no_mandate(court: Court) -> None:
    """For what somebody holds there are disputes and transfers; a new asset needs a type and an owner."""
    with pytest.raises(Conflict, match="custodian"):
        await _opened(court, facets=["custodian"])
    with pytest.raises(Impossible, match="type"):
        await _opened(court, asset="nothing-yet", facets=["accountable_owner"])
    with pytest.raises(Impossible, match="accountable owner"):
        await _opened(court, asset="nothing-yet", asset_type="dataset")


async def test_an_application_is_for_what_is_offered_and_for_oneself(court: Court) -> None:
    """Who applies twice, for another facet, or as somebody who speaks for no department, is refused."""
    mandate = await _running(court)
    with pytest.raises(Impossible):
        await _apply(court, mandate, PRODUCT, facets=["risk_owner"])
    with pytest.raises(NotPermitted):
        await _apply(court, mandate, RETAIL)
    with pytest.raises(NotPermitted):
        await _apply(court, mandate, CLERK)
    with pytest.raises(Conflict):
        await court.do(IT, Join(dispute=mandate, statement="me too"))


async def test_applicants_do_not_share_out_what_nobody_holds(court: Court) -> None:
    """There is no settlement in a mandate: a panel awards it."""
    mandate = await _running(court)
    given = [{"facet": "steward", "holder": "retail"}]
    proposal = {"dispute": mandate, "dispositions": given, "terms": "half each"}
    with pytest.raises(Conflict):
        await court.do(RETAIL, ProposeSettlement.model_validate(proposal))


async def test_a_mandate_freezes_what_it_is_about_and_gives_no_veto(court: Court) -> None:
    """The facet stays free for the award, and no applicant's denials bind the asset meanwhile."""
    mandate = await _running(court)
    court.days(0.1)
    with pytest.raises(MatterDisputed):
        court.see(lambda c: measures.require_unfrozen(c, "support-tone", "steward", court.now_us))
    assert court.see(lambda c: measures.disputed_by(c, court.now_us)) == {}
    second = await _opened(court, by=PRODUCT)
    with pytest.raises(MatterDisputed, match=mandate):
        await court.do(PRODUCT, FileDispute(dispute=second))


async def test_a_decided_mandate_is_open_again_after_its_term(court: Court) -> None:
    """Within the term the award stands; after it the same departments may apply anew."""
    mandate = await _running(court)
    await _deliberated(court, mandate)
    await court.ruled(mandate, {"steward": ""}, term="2027-06-01T00:00:00Z", review="2027-05-01T00:00:00Z")
    await court.final(mandate)
    await court.do(CLERK, Execute(dispute=mandate))
    again = await _opened(court)
    with pytest.raises(AlreadyDecided):
        await court.do(RETAIL, FileDispute(dispute=again))
    court.days(200)
    anew = await _opened(court)
    await court.do(RETAIL, FileDispute(dispute=anew))
    assert court.case(anew).state is State.FILED
