"""A dispute fought to its end over a real log, for dossiers to be made of."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from audit.entry import Actor, DecisionRef
from audit.evidence.bundle import dossier_digest, write_bundle
from audit.keys import read_verifier
from audit.log import Log, LogOptions, open_log
from audit.note import Verifier
from audit.place import Place
from audit.query import LogReader
from gateway import bundled
from gateway.control.database import open_control_database
from gateway.ownership.disputes.clerk import Deliberate, Execute, Mediate, Seal
from gateway.ownership.disputes.exhibits import FileExhibit, Query, freeze
from gateway.ownership.disputes.mandates import OpenMandate
from gateway.ownership.dossier.files import files_of
from gateway.ownership.dossier.material import Material, Sources, gather
from gateway.ownership.dossier.sealing import evidence_of, seal_record, sealed_at
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.operations.granting import GiveGrant
from gateway.pdp.source import PolicySource, read_source
from tests.calls import Call
from tests.court import CLERK, PRODUCT, RETAIL, Court
from tests.patience import PATIENCE_S

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
    """Where log and control database lie, the log's key, and the dispute."""

    log: Place
    control: Place
    key: Path
    dispute: str
    mandate: str = ""

    @property
    def verifier(self) -> Verifier:
        """The log's key."""
        return read_verifier(self.key.with_suffix(".pub"))

    def material(
        self,
        prices: Prices | None = PRICES,
        policies: Sequence[PolicySource] | None = None,
        dispute: str = "",
    ) -> Material:
        """What its dossier is made of, or another's."""
        database = open_control_database(self.control)
        sources = policies if policies is not None else [read_source(bundled.policies())]
        try:
            with database.reader.connect() as connection, LogReader(self.log) as reader:
                known = {source.revision: source for source in sources}
                return gather(
                    Sources(connection=connection, reader=reader, policies=known, prices=prices),
                    dispute or self.dispute,
                )
        finally:
            database.close()

    async def seal(self, material: Material, digest: str) -> int:
        """Puts a dossier's digest on record; the index of that entry."""
        log = open_log(self.log, LogOptions(key_path=self.key, deadline_s=PATIENCE_S))
        receipt = await log.append(seal_record(AUDITOR, material, digest))
        await log.aclose()
        return receipt.index

    def bundle(self, material: Material) -> bytes:
        """The whole dossier, sealed in the log and zipped."""
        files = files_of(material)
        digest = dossier_digest(files)
        asyncio.run(self.seal(material, digest))
        with LogReader(self.log) as reader:
            seal = sealed_at(reader, digest)
            assert seal is not None
            signed = reader.checkpoint_over(self.verifier, seal)
            assert signed is not None
            evidence = evidence_of(
                material, files, seal, note=signed[1], verifier=self.verifier, witnesses=[]
            )
            out = BytesIO()
            write_bundle(reader, evidence, out)
        return out.getvalue()


async def fight(log: Place, control: Place, key: Path) -> Fought:
    """Calls, then a dispute about them: two exhibits, a ruling two to one, executed."""
    options = LogOptions(key_path=key, deadline_s=PATIENCE_S)
    written = open_log(log, options)
    await _call(written)
    court = Court(control, written)  # type: ignore[arg-type]  # a real log in place of a list
    await court.begin()
    grant = {
        "asset": "support-tone",
        "department": "legal",
        "class_ceiling": "internal",
        "expires": "2099-01-01T00:00:00Z",
    }
    await court.do(PRODUCT, GiveGrant.model_validate(grant))
    dispute = await court.heard()
    # Closed, so that all of it is signed, which exhibits need.
    await written.aclose()
    written = court.control._log = open_log(log, options)
    for party, name, query in (
        (RETAIL, "what we asked of it", Query(department="retail", type="access.intent")),
        (PRODUCT, "what was refused", Query(type="access.denied")),
    ):
        with LogReader(log) as reader:
            frozen = freeze(reader, read_verifier(key.with_suffix(".pub")), query)
        await court.do(party, FileExhibit(dispute=dispute, name=name, frozen=frozen))
    for step in (Seal, Mediate):
        await court.do(CLERK, step(dispute=dispute))
    await court.seated(dispute)
    await court.do(CLERK, Deliberate(dispute=dispute))
    conditions = [{"party": "retail", "text": "pays for the GPU seconds that it uses, monthly"}]
    await court.ruled(dispute, review="2027-06-01T00:00:00Z", conditions=conditions)
    await court.final(dispute)
    await court.do(CLERK, Execute(dispute=dispute))
    mandate = await _applied(court)
    await written.aclose()
    court.control.close()
    return Fought(log, control, key, dispute, mandate)


async def _applied(court: Court) -> str:
    """A mandate that one department applies for, drafted and no more."""
    asked = {
        "asset": "support-eval",
        "asset_type": "eval_set",
        "facets": ["accountable_owner"],
        "basis": "charter",
        "statement": "We know the tickets.",
        "plan": "Score each release of the adapter.",
        "cost": 120_000,
        "conditions": ["We may publish the scores."],
    }
    return str((await court.do(PRODUCT, OpenMandate.model_validate(asked)))["dispute"])


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
