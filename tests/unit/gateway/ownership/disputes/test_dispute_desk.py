"""Exhibits from a real log, recommendations by the shipped policy, and legal holds in a real vault."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import orjson
import pytest

from audit.entry import Actor
from audit.errors import HeldByLaw
from audit.ids import SystemClock, Uuid7
from audit.log import Log, LogOptions, open_log
from audit.payloads.erasure import Custodian
from audit.payloads.kek.local_file import LocalFileKey
from audit.payloads.key_store import Owner
from audit.payloads.retention import Retention
from audit.payloads.vault import Vault, open_vault
from audit.query import LogReader
from gateway.bundled import policies
from gateway.control.governance import Governance
from gateway.control.operations import Catalogue
from gateway.errors import (
    AuditUnavailable,
    GovernanceUnavailable,
    Impossible,
    NotPermitted,
    OutOfTurn,
    PolicyUnavailable,
)
from gateway.ownership.disputes.cases import find, under_hold
from gateway.ownership.disputes.clerk import Admit, Seal
from gateway.ownership.disputes.desk import Desk, Sources
from gateway.ownership.disputes.exhibits import Query
from gateway.ownership.disputes.filing import FileDispute, OpenDispute, Withdraw
from gateway.ownership.disputes.mandates import OpenMandate
from gateway.ownership.disputes.operations import OPERATIONS
from gateway.ownership.registry.facets import LinkKind
from gateway.ownership.registry.links import link
from gateway.pdp.source import PolicySource, read_source
from gateway.views.mandates import compare
from tests.calls import Call
from tests.court import BENCH, CLERK, IT, PRODUCT, RETAIL, Court
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

GATEWAY = Actor("custody-gateway", "service", "")
LETTER = b"Dear [PERSON_1]"


class Nobody:
    """A company whose people are all unknown."""

    def find(self, subject: str) -> None:
        """Nobody has this id."""


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    """A log with calls of two departments, signed."""
    opened = open_log(tmp_path / "audit.db", LogOptions(cadence_s=0.01, deadline_s=PATIENCE_S))
    for number in range(12):
        for record in Call(department=("retail", "product")[number % 3 == 0]).records(number)[:1]:
            await opened.append(record)
    yield opened
    await opened.aclose()


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    """The story's court."""
    made = Court(tmp_path / "control.db")
    await made.begin()
    yield made
    made.control.close()


@pytest.fixture
def source() -> PolicySource:
    """The shipped policy."""
    return read_source(policies())


@pytest.fixture
async def desk(court: Court, log: Log, source: PolicySource, tmp_path: Path) -> Desk:
    """A desk over the court, the log and the shipped policy."""
    await _signed(tmp_path / "audit.db", log)
    sources = Sources(tmp_path / "audit.db", log.verifier, lambda: source)
    governance = Governance(court.control, Catalogue(OPERATIONS), Nobody())
    return Desk(governance, sources, lambda: court.now_us)


async def _signed(path: Path, log: Log) -> None:
    """Waits until the log has signed its entries."""
    with anyio.fail_after(20), LogReader(path) as reader:
        while not _covers(reader, log, 12):  # noqa: ASYNC110 - the integrator is a thread with no event of ours
            await anyio.sleep(0.01)


def _covers(reader: LogReader, log: Log, size: int) -> bool:
    found = reader.checkpoint(log.verifier)
    return found is not None and found[0].size >= size


async def test_an_exhibit_is_what_the_log_says(court: Court, desk: Desk) -> None:
    """The query is frozen with checkpoint, indexes and leaf hashes, and the log confirms it later."""
    dispute = await court.heard()
    done = await desk.exhibit(RETAIL, dispute, "our calls", Query(department="retail"))
    (exhibit,) = court.see(lambda c: find(c, dispute)).exhibits
    assert exhibit.frozen.indexes == tuple(number for number in range(12) if number % 3)
    assert done.outcome["result_sha256"] == exhibit.frozen.result_sha256
    assert await desk.check(exhibit)
    recorded = court.log.records[-1].detail
    assert (recorded["query"], recorded["tree_size"], recorded["entries"]) == (
        {"department": "retail"},
        12,
        8,
    )
    assert "our calls" not in repr(recorded)
    forged = replace(exhibit, frozen=replace(exhibit.frozen, indexes=exhibit.frozen.indexes[1:]))
    assert not await desk.check(forged)
    other = replace(exhibit, frozen=replace(exhibit.frozen, root="00" * 32))
    assert not await desk.check(other)


async def test_entries_after_the_freezing_change_no_exhibit(court: Court, desk: Desk, log: Log) -> None:
    """What the log gets later is not in the tree that the exhibit names."""
    dispute = await court.heard()
    await desk.exhibit(PRODUCT, dispute, "their calls", Query(department="retail"))
    for record in Call(department="retail").records(99)[:1]:
        await log.append(record)
    (exhibit,) = court.see(lambda c: find(c, dispute)).exhibits
    assert await desk.check(exhibit)


async def test_exhibits_are_for_parties_while_evidence_is_open(court: Court, desk: Desk) -> None:
    """A stranger files none, nobody does after the sealing, and an empty answer shows nothing."""
    dispute = await court.heard()
    with pytest.raises(NotPermitted):
        await desk.exhibit(IT, dispute, "x", Query(department="retail"))
    with pytest.raises(Impossible):
        await desk.exhibit(RETAIL, dispute, "x", Query(department="nobody"))
    await court.do(CLERK, Seal(dispute=dispute))
    with pytest.raises(OutOfTurn):
        await desk.exhibit(RETAIL, dispute, "x", Query(department="retail"))
    assert court.see(lambda c: find(c, dispute)).exhibits == ()


async def test_a_recommendation_is_recorded_with_its_input(
    court: Court, desk: Desk, source: PolicySource
) -> None:
    """The panel gets the policy's advice; input and answer are kept, digests recorded, nobody is bound."""
    dispute = await court.deliberated()
    done = await desk.recommend(BENCH[0], dispute, [1])
    (kept,) = court.see(lambda c: find(c, dispute)).recommendations
    asked, answer = orjson.loads(kept.input), orjson.loads(kept.answer)
    assert {claim["number"]: claim["shown"] for claim in asked["claims"]} == {1: True, 2: False}
    assert asked["factors"]["retail"]["use"] == 8
    advised = answer["facets"]["accountable_owner"]
    assert (advised["holder"], advised["by"]) == ("product", "precedence")
    (told,) = court.case(dispute).recommendations
    assert told.policy_revision == source.revision
    assert done.outcome["input_sha256"] == told.input_sha256
    assert told.facets["accountable_owner"] == "product"
    await court.ruled(dispute, {"accountable_owner": "retail", "budget_owner": "retail"})


async def test_a_recommendation_is_for_the_panel(court: Court, desk: Desk) -> None:
    """Neither a party nor the clerk asks for one, and a claim that is not there cannot be shown."""
    dispute = await court.deliberated()
    for stranger in (RETAIL, PRODUCT, CLERK):
        with pytest.raises(NotPermitted):
            await desk.recommend(stranger, dispute)
    with pytest.raises(Impossible):
        await desk.recommend(BENCH[0], dispute, [7])


async def test_a_policy_without_an_answer_recommends_nothing(
    court: Court, log: Log, source: PolicySource, tmp_path: Path
) -> None:
    """Where the policy says nothing, nothing is recorded, and the panel goes on without."""
    mute = replace(source, modules=tuple(m for m in source.modules if "governance" not in m.path))
    sources = Sources(tmp_path / "audit.db", log.verifier, lambda: mute)
    governance = Governance(court.control, Catalogue(OPERATIONS), Nobody())
    dispute = await court.deliberated()
    with pytest.raises(PolicyUnavailable):
        await Desk(governance, sources, lambda: court.now_us).recommend(BENCH[0], dispute)
    assert court.case(dispute).recommendations == ()


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    """A vault with a letter of retail's and one of legal's, and one of retail's about another asset."""
    made = open_vault(
        tmp_path / "keys.db",
        tmp_path / "payloads.db",
        {"*": LocalFileKey(b"k" * 32)},
        lookup_key=b"l" * 32,
        clock=SystemClock(),
        new_id=Uuid7(SystemClock()),
    )
    for department in ("retail", "legal"):
        made.payloads.keep(Owner(department, "anna"), "req-1", "prompt", LETTER, "support-tone")
    made.payloads.keep(Owner("retail", "eve"), "req-2", "prompt", LETTER, "northwind-base")
    yield made
    made.close()


async def test_a_legal_hold_lasts_as_long_as_the_dispute(
    court: Court, desk: Desk, log: Log, vault: Vault
) -> None:
    """From admission to the end nothing that a party keeps of the asset is erased; all else is theirs."""
    custodian = Custodian(vault, log, Retention(400, {}))
    dispute = await court.filed()
    assert await desk.keep_holds(custodian, vault.holds.all, GATEWAY) == 0
    await court.do(CLERK, Admit(dispute=dispute))
    assert await desk.keep_holds(custodian, vault.holds.all, GATEWAY) == 2
    assert await desk.keep_holds(custodian, vault.holds.all, GATEWAY) == 0
    with pytest.raises(HeldByLaw):
        await custodian.erase(Owner("retail", "anna"), GATEWAY)
    await custodian.erase(Owner("legal", "anna"), GATEWAY)
    await custodian.erase(Owner("retail", "eve"), GATEWAY)
    await court.do(RETAIL, Withdraw(dispute=dispute))
    assert await desk.keep_holds(custodian, vault.holds.all, GATEWAY) == 2
    await custodian.erase(Owner("retail", "anna"), GATEWAY)
    assert {hold.matter for hold in vault.holds.all()} == {f"dispute:{dispute}"}


async def test_two_replicas_place_a_hold_once(court: Court, desk: Desk, log: Log, vault: Vault) -> None:
    """Two gateways that look at one moment, before either placed anything, place each hold once."""
    dispute = await court.admitted()
    custodian = Custodian(vault, log, Retention(400, {}))

    async def replica() -> None:
        # As if nothing were there: the other one's holds came after this one looked.
        await desk.keep_holds(custodian, list, GATEWAY)

    async with anyio.create_task_group() as group:
        group.start_soon(replica)
        group.start_soon(replica)
    held = [(hold.matter, hold.scope.department) for hold in vault.holds.all()]
    assert sorted(held) == [(f"dispute:{dispute}", party) for party in ("product", "retail")]


async def test_two_replicas_release_a_hold_once(court: Court, desk: Desk, log: Log, vault: Vault) -> None:
    """What another gateway released since this one looked is released, and nothing fails."""
    dispute = await court.admitted()
    custodian = Custodian(vault, log, Retention(400, {}))
    await desk.keep_holds(custodian, vault.holds.all, GATEWAY)
    seen = vault.holds.all()
    await court.do(RETAIL, Withdraw(dispute=dispute))
    await desk.keep_holds(custodian, vault.holds.all, GATEWAY)
    await desk.keep_holds(custodian, lambda: seen, GATEWAY)
    assert all(hold.released_us is not None for hold in vault.holds.all())


async def test_what_stands_on_the_asset_is_held_with_it(court: Court, desk: Desk) -> None:
    """A dispute about a model holds what was asked of those made from it; one about a dataset, everything."""
    await court.asset("kind-tone")
    await court.asset("kinder-tone")
    await court.dataset("tickets", "product")
    await court.control.change(
        CLERK.actor, lambda change: link(change, "kinder-tone", "kind-tone", LinkKind.DERIVED_FROM)
    )
    model = await court.do(RETAIL, _opening("kind-tone"))
    dataset = await court.do(RETAIL, _opening("tickets"))
    for opened in (model, dataset):
        await court.do(RETAIL, FileDispute(dispute=str(opened["dispute"])))
        await court.do(CLERK, Admit(dispute=str(opened["dispute"])))
    held = await court.control.read(under_hold)
    assert {asset for dispute, _, asset in held if dispute == model["dispute"]} == {
        "kind-tone",
        "kinder-tone",
    }
    assert {asset for dispute, _, asset in held if dispute == dataset["dispute"]} == {""}


def _opening(asset: str) -> OpenDispute:
    claim = {"facet": "accountable_owner", "basis": "operation", "statement": "we run it"}
    return OpenDispute.model_validate({"asset": asset, "claims": [claim]})


async def test_other_holds_are_left_alone(court: Court, desk: Desk, log: Log, vault: Vault) -> None:
    """A hold that people placed for a matter of theirs stays until they release it."""
    custodian = Custodian(vault, log, Retention(400, {}))
    (scope,) = custodian.scopes(Owner("retail", ""), None)
    await custodian.hold("2026-docket-17", scope, GATEWAY)
    assert await desk.keep_holds(custodian, vault.holds.all, GATEWAY) == 0
    assert [hold.released_us for hold in vault.holds.all()] == [None]


async def test_without_the_registry_no_hold_is_released(
    court: Court, desk: Desk, log: Log, vault: Vault
) -> None:
    """Where the disputes cannot be read the holds stay as they are, and the caller hears so."""
    custodian = Custodian(vault, log, Retention(400, {}))
    await court.admitted()
    await desk.keep_holds(custodian, vault.holds.all, GATEWAY)
    with court.control.database.writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE dispute_event RENAME TO lost_event")
    with pytest.raises(GovernanceUnavailable):
        await desk.keep_holds(custodian, vault.holds.all, GATEWAY)
    assert all(hold.released_us is None for hold in vault.holds.all())


async def test_what_was_measured_stands_beside_applications(court: Court, desk: Desk) -> None:
    """Each applicant is shown with its plan and with what the log says of it."""
    said = {"facets": ["steward"], "statement": "we know it", "plan": "a weekly look", "cost": 12}
    opening = OpenMandate.model_validate({**said, "asset": "support-tone"})
    mandate = str((await court.do(RETAIL, opening))["mandate"])
    measured = await desk.measured(mandate)
    told = court.see(lambda c: compare(c, mandate, measured))
    (application,) = told.applications
    assert (application.plan, told.entries) == ("a weekly look", 12)
    assert application.measured is not None
    assert application.measured["use"] == 8
    assert court.see(lambda c: compare(c, mandate)).applications[0].measured is None


async def test_the_log_is_not_read_for_whoever_may_not_ask(
    court: Court, source: PolicySource, log: Log, tmp_path: Path
) -> None:
    """Who has no right to an exhibit or a recommendation is refused before the log is opened."""
    nowhere = Sources(tmp_path / "no-such.db", log.verifier, lambda: source)
    desk = Desk(Governance(court.control, Catalogue(OPERATIONS), Nobody()), nowhere, lambda: court.now_us)
    dispute = await court.heard()
    with pytest.raises(NotPermitted):
        await desk.exhibit(IT, dispute, "x", Query())
    with pytest.raises(NotPermitted):
        await desk.recommend(RETAIL, dispute)
    with pytest.raises(AuditUnavailable):
        await desk.exhibit(RETAIL, dispute, "x", Query())


async def test_data_that_an_asset_stands_on_counts_for_who_owns_it(court: Court, desk: Desk) -> None:
    """The recommendation knows how many of the asset's datasets are each party's."""
    for name, holder in (("letters", "retail"), ("tickets", "product"), ("calls", "retail")):
        await court.dataset(name, holder)
    dispute = await court.deliberated()
    await desk.recommend(BENCH[0], dispute)
    (kept,) = court.see(lambda c: find(c, dispute)).recommendations
    figures = orjson.loads(kept.input)["factors"]
    assert {name: figures[name]["data_contributed"] for name in figures} == {"retail": 2, "product": 1}
