"""A dispute fought to its end over a real log, for dossiers to be made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audit.entry import Actor, DecisionRef
from audit.keys import read_verifier
from audit.log import Log, open_log
from audit.note import Verifier
from audit.query import LogReader
from gateway import bundled
from gateway.control.database import open_control_database
from gateway.ownership.disputes.clerk import Deliberate, Execute, Mediate, Seal
from gateway.ownership.disputes.exhibits import FileExhibit, Query, freeze
from gateway.ownership.dossier.material import Material, Sources, gather
from gateway.ownership.dossier.sealing import seal_record
from gateway.ownership.prices import Prices
from gateway.pdp.source import PolicySource, read_source
from tests.court import CLERK, PRODUCT, RETAIL, Court
from tests.unit.gateway.ownership.calls import Call

AUDITOR = Actor("sub_auditor", "person", "audit")
PRICES = Prices.model_validate({"currency": "EUR", "model_second": "0.002"})
CALLS = [
    *(Call(counts={"PERSON": number % 3} if number % 3 else {}) for number in range(60)),
    *(
        Call(department="product", sender="sub_2", use_case="support-drafting", counts={"EMAIL_ADDRESS": 1})
        for _ in range(30)
    ),
    *(Call(declared="confidential", code="access_denied") for _ in range(4)),
    *(Call(department="legal", sender="sub_3", asset="northwind-base", owner="it") for _ in range(5)),
]


@dataclass(frozen=True, slots=True)
class Fought:
    """The folder with log and control database, and the dispute."""

    folder: Path
    dispute: str

    @property
    def database(self) -> Path:
        """The log."""
        return self.folder / "audit.db"

    @property
    def verifier(self) -> Verifier:
        """The log's key."""
        return read_verifier(self.database.with_suffix(".pub"))

    def material(
        self, prices: Prices | None = PRICES, policies: Sequence[PolicySource] | None = None
    ) -> Material:
        """What its dossier is made of."""
        database = open_control_database(self.folder / "control.db")
        sources = policies if policies is not None else [read_source(bundled.policies())]
        try:
            with database.reader.connect() as connection, LogReader(self.database) as reader:
                known = {source.revision: source for source in sources}
                return gather(
                    Sources(connection=connection, reader=reader, policies=known, prices=prices), self.dispute
                )
        finally:
            database.close()

    async def seal(self, material: Material, digest: str) -> int:
        """Puts a dossier's digest on record; the index of that entry."""
        log = open_log(self.database)
        receipt = await log.append(seal_record(AUDITOR, material, digest))
        await log.aclose()
        return receipt.index


async def fight(folder: Path) -> Fought:
    """Calls, then a dispute about them: two exhibits, a ruling two to one, executed."""
    log = open_log(folder / "audit.db")
    await _call(log)
    court = Court(folder / "control.db", log)  # type: ignore[arg-type]  # a real log in place of a list
    await court.begin()
    dispute = await court.heard()
    await log.aclose()
    log = court.control._log = open_log(folder / "audit.db")
    for party, name, query in (
        (RETAIL, "what we asked of it", Query(department="retail", type="access.intent")),
        (PRODUCT, "what was refused", Query(type="access.denied")),
    ):
        with LogReader(folder / "audit.db") as reader:
            frozen = freeze(reader, read_verifier(folder / "audit.pub"), query)
        await court.do(party, FileExhibit(dispute=dispute, name=name, frozen=frozen))
    for step in (Seal, Mediate):
        await court.do(CLERK, step(dispute=dispute))
    await court.seated(dispute)
    await court.do(CLERK, Deliberate(dispute=dispute))
    conditions = [{"party": "retail", "text": "pays for the GPU seconds that it uses, monthly"}]
    await court.ruled(dispute, review="2027-06-01T00:00:00Z", conditions=conditions)
    await court.final(dispute)
    await court.do(CLERK, Execute(dispute=dispute))
    await log.aclose()
    court.control.close()
    return Fought(folder, dispute)


async def _call(log: Log) -> None:
    revision = read_source(bundled.policies()).revision
    for number, call in enumerate(CALLS):
        intent, *outcome = call.records(number)
        decision = intent.decision
        assert isinstance(decision, DecisionRef)
        decided = replace(intent, decision=replace(decision, policy_revision=revision))
        receipt = await log.append(decided)
        for each in outcome:
            await log.append(replace(each, intent=receipt.entry_id))
