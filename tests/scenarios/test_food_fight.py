"""Scene 4 of the story: departments fight over support-tone, and a stranger checks how it ended."""

import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import sleep, to_thread

from audit.filters import Filter
from audit.query import LogReader
from gateway.control.operations import Operation
from gateway.errors import CustodyError, MatterDisputed, NotPermitted
from gateway.ownership.disputes.cases import find
from gateway.ownership.disputes.clerk import (
    Admit,
    Appoint,
    Deliberate,
    Execute,
    Mediate,
    OpenAppeal,
    OpenEvidence,
    Seal,
    Serve,
)
from gateway.ownership.disputes.exhibits import Query
from gateway.ownership.disputes.filing import AddClaims, FileDispute, OpenDispute
from gateway.ownership.disputes.panels import CastVote, DraftRuling, OfferSeat, Rule
from gateway.ownership.disputes.pleading import Answer, Join
from gateway.ownership.operations.transferring import ProposeTransfer
from gateway.ownership.registry.facets import Facet
from tests.scenarios.company import Company, running_company
from tests.scenarios.people import ANNA, ROBERT, traces
from tests.scenarios.running import custody

pytestmark = pytest.mark.anyio

_JUDGES = ("judge-legal", "judge-security", "judge-audit")
_LOOKS = 60
_SYSTEM_PYTHON = "/usr/bin/python3"
_CLOUD_KEY = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    """The company with its gateway."""
    async with running_company(tmp_path) as made:
        yield made


async def test_a_food_fight_ends_in_a_dossier_that_a_stranger_checks(company: Company) -> None:
    """From claims over interim measure, exhibits, ruling and execution to a dossier, on real calls."""
    await _ordinary_days(company)
    dispute = await _file(company)
    await _interim_measure_binds(company, dispute)
    await _give_evidence(company, dispute)
    await _rule(company, dispute)
    await _execute(company, dispute)
    dossier = await _write(company, dispute)
    await company.signed()
    verified = custody("audit", "verify", "--database", str(company.state / "audit.db"))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    _check_contents(dossier)
    _check_as_stranger(company, dossier)


async def _ordinary_days(company: Company) -> None:
    for number in range(24):
        person = (ANNA, ROBERT)[number % 2]
        assert (await company.ask("retail-service", person.letter)).status_code == 200
    for _ in range(12):
        assert (await company.ask("product-lead", "Draft an answer about delivery times.")).status_code == 200
    refused = await company.ask("retail-service", ANNA.letter, **{"class": "confidential"})
    assert (refused.status_code, refused.json()["error"]["rule"]) == (
        403,
        "custody.departments.product.confidential_needs_grant",
    )
    leak = await company.ask("product-lead", f"Why does aws_access_key_id={_CLOUD_KEY} not work?")
    assert leak.status_code == 403


async def _file(company: Company) -> str:
    ground = {"basis": "operation", "statement": "We run complaint triage on it, and pay for its tokens."}
    claims = [{"facet": facet, **ground} for facet in ("accountable_owner", "budget_owner")]
    opened = OpenDispute.model_validate({"asset": "support-tone", "claims": claims})
    with pytest.raises(NotPermitted):
        await company.do("retail-service", opened)
    dispute = str((await company.do("retail-lead", opened))["dispute"])
    await company.do("retail-lead", FileDispute(dispute=dispute))
    with pytest.raises(CustodyError):
        await company.do("retail-lead", Admit(dispute=dispute))
    return dispute


async def _interim_measure_binds(company: Company, dispute: str) -> None:
    assert await _drafting(company) == ""
    await company.do("clerk", Admit(dispute=dispute))
    await _until(company, "custody.departments.retail.not_at_our_cost")
    with pytest.raises(MatterDisputed):
        await company.do("product-lead", _transfer())


async def _drafting(company: Company) -> str:
    """Which rule stops product from drafting; empty if none does."""
    answer = await company.ask("product-lead", "Draft an answer about delivery times.")
    assert answer.status_code in (200, 403), answer.text
    return "" if answer.status_code == 200 else str(answer.json()["error"]["rule"])


async def _until(company: Company, rule: str) -> None:
    """Waits until calls are stopped by this rule, or by none, as the registry says by now."""
    for _ in range(_LOOKS):
        if await _drafting(company) == rule:
            return
        await sleep(0.05)
    raise AssertionError(f"calls are not stopped by {rule or 'no rule'}")


def _transfer() -> Operation:
    return ProposeTransfer.model_validate(
        {"asset": "support-tone", "facet": "accountable_owner", "to": "it", "expires": "2099-01-01T00:00:00Z"}
    )


async def _give_evidence(company: Company, dispute: str) -> None:
    for step in (Serve, OpenEvidence):
        await company.do("clerk", step(dispute=dispute))
    claim = {"facet": "ip_holder", "basis": "origination", "statement": "We trained it on our tickets."}
    await company.do("product-lead", AddClaims.model_validate({"dispute": dispute, "claims": [claim]}))
    await company.do("product-lead", Answer(dispute=dispute, statement="Who pays is not who answers for it."))
    await company.do("it-lead", Join(dispute=dispute, statement="Whoever owns it pays for the pool."))
    await company.signed()
    desk = company.desk()
    for who, name, query in (
        ("retail-lead", "what we asked of it", Query(department="retail", type="access.intent")),
        ("product-lead", "what had to be refused", Query(type="access.denied")),
    ):
        await desk.exhibit(company.people[who], dispute, name, query)
    for step in (Seal, Mediate):
        await company.do("clerk", step(dispute=dispute))


async def _rule(company: Company, dispute: str) -> None:
    for judge in _JUDGES:
        await company.do(judge, OfferSeat(dispute=dispute))
        seat = Appoint(dispute=dispute, adjudicator=company.people[judge].subject.id)
        await company.do("clerk", seat)
    await company.do("clerk", Deliberate(dispute=dispute))
    await company.desk().recommend(company.people["judge-legal"], dispute, shown=[1, 2, 3])
    given = {"accountable_owner": None, "budget_owner": "retail", "ip_holder": "product"}
    draft = DraftRuling.model_validate(
        {
            "dispute": dispute,
            "dispositions": [{"facet": facet, "holder": holder} for facet, holder in given.items()],
            "reasons": "Product made it and answers for it; retail uses most of it and pays for it.",
            "conditions": [{"party": "retail", "text": "Pays it for the pool each month."}],
            "review": "2099-01-01T00:00:00Z",
        }
    )
    number = int(str((await company.do("judge-legal", draft))["ruling"]))
    for judge, opinion in zip(_JUDGES, (None, None, "Whoever pays should answer for it."), strict=True):
        vote = CastVote(dispute=dispute, ruling=number, in_favour=opinion is None, opinion=opinion)
        await company.do(judge, vote)
    await company.do("judge-legal", Rule(dispute=dispute, ruling=number))


async def _execute(company: Company, dispute: str) -> None:
    await company.do("clerk", OpenAppeal(dispute=dispute))
    with pytest.raises(CustodyError):
        await company.do("clerk", Execute(dispute=dispute))
    company.days(30)
    await company.desk().settle_due(company.people["clerk"].actor)
    assert company.holder(Facet.BUDGET_OWNER) == ""
    await company.do("clerk", Execute(dispute=dispute))
    await _until(company, "")
    assert (company.holder(Facet.ACCOUNTABLE_OWNER), company.holder(Facet.BUDGET_OWNER)) == (
        "product",
        "retail",
    )
    with LogReader(company.state / "audit.db") as reader:
        decision = reader.tail(1, Filter(type="access.intent"))[0].entry.record.decision
    assert decision is not None
    assert decision.facts["resource"]["facets"]["budget_owner"] == "retail"  # type: ignore[index,call-overload]  # the policy's input
    file = company.gateway.control.look(lambda connection: find(connection, dispute))
    assert [vote.in_favour for vote in file.case.votes] == [True, True, False]


async def _write(company: Company, dispute: str) -> Path:
    target = company.folder / "dossier.zip"
    config, prices = str(company.config), str(company.folder / "prices.toml")
    arguments = ("--as", "auditor", "--config", config, "--prices", prices, "-o", str(target))
    done = await to_thread.run_sync(lambda: custody("dispute", "dossier", dispute, *arguments))
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def _check_contents(dossier: Path) -> None:
    with zipfile.ZipFile(dossier) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    report = files["dossier/report.html"].decode()
    for said in (
        "We run complaint triage on it",
        "Who pays is not who answers for it.",
        "Whoever owns it pays for the pool.",
        "Dissent of",
        "Whoever pays should answer for it.",
        "What the policy for adjudication recommended",
        "what had to be refused",
        "union of denies",
        "Pays it for the pool each month.",
        "Had retail answered for it",
    ):
        assert said in report, said
    cards = json.loads(files["dossier/scorecards.json"])["figures"]["departments"]
    assert cards["retail"]["findings_per_1000"]["low"] > cards["product"]["findings_per_1000"]["high"]
    assert cards["product"]["incident_share"]["events"] == 1
    control, *parties = json.loads(files["dossier/replay.json"])
    assert control["counts"]["unchanged"] == control["calls"] > 0
    assert {each["party"]: each["counts"]["changed"] > 0 for each in parties}["retail"]
    policies = json.loads(files["dossier/policies.json"])
    assert all(each["text"] and each["activations"] for each in policies)
    assert any(name.startswith("policies/") for name in files)
    for person in (ANNA, ROBERT):
        assert traces(person.values, dossier.read_bytes()) == []
    assert _CLOUD_KEY.encode() not in dossier.read_bytes()


def _check_as_stranger(company: Company, dossier: Path) -> None:
    """On another machine, so to say: an empty folder, Debian's own Python, the zip and the published key."""
    elsewhere = dossier.parent / "elsewhere"
    elsewhere.mkdir()
    raw = dossier.read_bytes()
    with zipfile.ZipFile(dossier) as archive:
        (elsewhere / "verify.py").write_bytes(archive.read("verify.py"))
    (elsewhere / "case.zip").write_bytes(raw)
    key = str(company.verifier)
    held = _verify(elsewhere, "case.zip", "--key", key)
    assert held.returncode == 0, held.stdout + held.stderr
    assert "EVERYTHING HOLDS" in held.stdout
    assert "Exhibits   2" in held.stdout
    for place in (
        raw.index(b"We run complaint triage"),
        raw.index(b"in_favour"),
        len(raw) // 2,
        len(raw) - 30,
    ):
        flipped = bytearray(raw)
        flipped[place] ^= 1
        (elsewhere / "flipped.zip").write_bytes(flipped)
        done = _verify(elsewhere, "flipped.zip", "--key", key)
        assert (done.returncode, "DOES NOT HOLD" in done.stdout) == (1, True), done.stdout


def _verify(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [_stranger(), "-I", "verify.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={})


def _stranger() -> str:
    """A Python that has nothing of Custody; ours, isolated, where the system's has no cryptography."""
    if Path(_SYSTEM_PYTHON).exists():
        command = [_SYSTEM_PYTHON, "-I", "-c", "import cryptography"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return _SYSTEM_PYTHON
    return sys.executable
