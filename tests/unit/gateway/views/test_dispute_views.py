"""Who sees what of a dispute or a mandate, as it goes its way."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import NotFound
from gateway.ownership.disputes.clerk import Admit, Serve
from gateway.ownership.disputes.filing import FileDispute
from gateway.ownership.disputes.mandates import ApplyForMandate, OpenMandate
from gateway.ownership.registry.facets import Facet
from gateway.views import disputes, mandates, precedents
from gateway.views.disputes import DisputeView
from tests.court import APPEAL_BENCH, BENCH, CLERK, IT, RETAIL, Court

pytestmark = pytest.mark.anyio


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    """The story's departments and adapter."""
    made = Court(tmp_path / "control.db")
    await made.begin()
    yield made
    made.control.close()


def _seen(court: Court, dispute: str) -> DisputeView:
    return court.see(lambda connection: disputes.find(connection, dispute, court.now_us))


async def test_a_draft_is_its_authors_alone(court: Court) -> None:
    """Before it is filed neither the clerk nor the other side knows of a dispute."""
    view = _seen(court, await court.opened())
    assert (view.concerned, view.roles, view.audience) == ({"retail"}, set(), "nobody")


async def test_a_filed_dispute_is_the_clerks_too(court: Court) -> None:
    """The clerk decides whether it is admitted; the other side hears of it only then."""
    view = _seen(court, await court.filed())
    assert (view.concerned, view.roles) == ({"retail"}, {"clerk"})


async def test_an_admitted_dispute_is_everybody_elses_who_is_concerned(court: Court) -> None:
    """From admission on both sides see it, and those who might sit on its panel."""
    view = _seen(court, await court.admitted())
    assert view.concerned == {"retail", "product"}
    assert view.roles == {"clerk", "adjudicator"}
    assert {measure.kind.value for measure in view.measures} == {"status_quo", "union_of_denies"}
    assert {claim.statement for claim in view.claims} == {"we run it and pay for it"}


async def test_drafts_of_a_ruling_are_the_panels_alone(court: Court) -> None:
    """Parties see a ruling once it is one; a panel's members see its drafts before."""
    dispute = await court.deliberated()
    await court.drafted(dispute, None, BENCH[0])
    assert _seen(court, dispute).ruling is None
    assert "who trained it" not in _seen(court, dispute).model_dump_json()
    counts = {
        who.principal: len(
            court.see(
                lambda connection, who=who: disputes.drafts(connection, dispute, who.subject.id)  # type: ignore[misc]
            ).drafts
        )
        for who in (*BENCH, RETAIL, APPEAL_BENCH[0])
    }
    assert list(counts.values()) == [1, 1, 1, 0, 0]


async def test_a_ruling_is_told_with_its_dissent(court: Court) -> None:
    """The ruling, its reasons, its votes and the dissenter's opinion are there to read."""
    dispute = await court.deliberated()
    await court.ruled(dispute)
    ruling = _seen(court, dispute).ruling
    assert ruling is not None
    assert {each.facet: each.holder for each in ruling.dispositions} == {
        "accountable_owner": "",
        "budget_owner": "retail",
    }
    dissents = [vote.opinion for vote in ruling.votes if not vote.in_favour]
    assert dissents == ["the majority overlooks the data"]


async def test_what_was_decided_can_be_looked_up(court: Court) -> None:
    """A final ruling is a precedent for each claim, found in a list and by its number."""
    dispute = await court.deliberated()
    await court.ruled(dispute)
    await court.final(dispute)
    listed = court.see(
        lambda connection: precedents.some(connection, precedents.PrecedentQuery(), "", 10, court.now_us)
    )
    assert {each.facet: each.granted for each in listed} == {
        "accountable_owner": False,
        "budget_owner": True,
    }
    for each in listed:
        found = court.see(
            lambda connection, key=each.key: precedents.find(connection, key, court.now_us)  # type: ignore[misc]
        )
        assert found == each


@pytest.mark.parametrize("name", ["0", "-1", "x", "9" * 40, "٣"])
async def test_what_is_no_precedent_is_not_found(court: Court, name: str) -> None:
    """Any text that is not the number of one leads to none, and to no error of the database."""
    with pytest.raises(NotFound):
        court.see(lambda connection: precedents.find(connection, name, court.now_us))


def _mandate(statement: str = "ours") -> OpenMandate:
    return OpenMandate.model_validate(
        {
            "asset": "letters",
            "asset_type": "dataset",
            "facets": [Facet.ACCOUNTABLE_OWNER],
            "statement": statement,
            "plan": "keep it clean",
            "cost": 100,
        }
    )


async def test_a_mandate_is_known_and_its_applications_are_not(court: Court) -> None:
    """Everybody knows what can be applied for; plans and costs are in the view for those concerned."""
    mandate = str((await court.do(RETAIL, _mandate()))["mandate"])
    before = court.see(lambda connection: mandates.find(connection, mandate, court.now_us))
    await court.do(RETAIL, FileDispute(dispute=mandate))
    after = court.see(lambda connection: mandates.find(connection, mandate, court.now_us))
    assert (before.audience, after.audience) == ("nobody", "everybody")
    assert "keep it clean" not in after.model_dump_json()
    assert _seen(court, mandate).audience == "nobody"


async def test_applications_are_told_in_the_order_in_which_they_came(court: Court) -> None:
    """Side by side stands what each applicant says, plans and asks."""
    mandate = str((await court.do(RETAIL, _mandate("retail's")))["mandate"])
    await court.do(RETAIL, FileDispute(dispute=mandate))
    for step in (Admit, Serve):
        await court.do(CLERK, step(dispute=mandate))
    other = {"dispute": mandate, "facets": ["accountable_owner"], "statement": "it's", "plan": "b", "cost": 5}
    await court.do(IT, ApplyForMandate.model_validate(other))
    told = court.see(lambda connection: mandates.compare(connection, mandate))
    assert [(each.party, each.cost) for each in told.applications] == [("retail", 100), ("it", 5)]


async def test_a_dispute_is_no_mandate(court: Court) -> None:
    """Looking for a mandate under a dispute's id finds none."""
    dispute = await court.filed()
    with pytest.raises(NotFound):
        court.see(lambda connection: mandates.find(connection, dispute, court.now_us))
