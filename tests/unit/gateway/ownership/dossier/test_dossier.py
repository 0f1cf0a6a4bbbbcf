import asyncio
import json
from hashlib import sha256
from pathlib import Path

import pytest

from audit.evidence import verifier
from audit.query import LogReader
from gateway.ownership.dossier.files import files_of
from gateway.ownership.dossier.material import Material
from gateway.ownership.evidence.span import read_span
from gateway.ownership.evidence.tally import Tally
from tests.fought import Fought
from tests.unit.audit.evidence.test_bundle import members, packed


@pytest.fixture(scope="session")
def material(fought: Fought) -> Material:
    """What the dossier of the fought dispute is made of."""
    return fought.material()


def judged(raw: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit status and report of the verifier."""
    path = folder / "dossier.zip"
    path.write_bytes(raw)
    status = verifier.main([str(path)])
    return status, capsys.readouterr().out


def test_a_dossier_holds_and_is_the_same_again(
    fought: Fought, material: Material, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dossier verifies, and made again from the same dispute it is the same file, byte for byte."""
    raw = fought.bundle(material)
    status, report = judged(raw, tmp_path, capsys)
    assert status == 0, report
    assert "Exhibits   2, each with the entries" in report
    assert sha256(fought.bundle(fought.material())).digest() == sha256(raw).digest()


def test_every_part_is_there(material: Material) -> None:
    """Claims, ruling, dissent, exhibits, figures, replay, costs and gaps are in the report and in data."""
    files = files_of(material)
    report = files["report.html"].decode()
    for said in (
        "we run it and pay for it",
        "The panel ruled: accountable owner: stays as it was; budget owner: retail.",
        "Dissent of sub_judge-2",
        "the majority overlooks the data",
        "what was refused",
        "Findings per 1,000 prompts",
        "cost (EUR)",
        "Had retail answered for it, these would have come out otherwise",
        "sender-days are too few to draw from",
        "Grants in force at the dispute&#x27;s last step",
    ):
        assert said in report, said
    data = {name: json.loads(content) for name, content in files.items() if name.endswith(".json")}
    assert data["dispute.json"]["state"] == "executed"
    assert [vote["in_favour"] for vote in data["dispute.json"]["votes"]] == [True, True, False]
    assert {each["facet"]: each["holder"] for each in data["ownership.json"]}["budget_owner"] == "retail"
    assert data["scorecards.json"]["figures"]["departments"]["retail"]["prompts"] == 64
    assert [each["party"] for each in data["replay.json"]] == ["", "retail", "product"]
    assert data["replay.json"][0]["counts"]["unchanged"] == data["replay.json"][0]["calls"] == 94
    assert data["replay.json"][1]["changes"] == {"allow to deny": 90}
    assert data["usage.json"]["uses"][1]["cost"] is not None
    assert len(data["exhibits.json"][0]["entries"]) == 60


def test_it_carries_what_it_speaks_of(material: Material, fought: Fought) -> None:
    """The entries of exhibits, of the asset's calls and of the dispute are carried, others are not."""
    exhibited = {index for each in material.file.exhibits for index in each.frozen.indexes}
    assert exhibited <= material.indexes
    with LogReader(fought.log) as reader:
        for located in reader.scan(end=material.span.end):
            record = located.entry.record
            about = record.resource.id if record.resource else record.detail.get("asset")
            own = about == "support-tone" or record.detail.get("dispute") == fought.dispute
            expected = own or located.index in exhibited
            assert (located.index in material.indexes) == expected, record


def test_what_happens_later_changes_nothing(fought: Fought, material: Material) -> None:
    """Entries behind the dispute's last step, such as reads and seals, leave the dossier as it was."""
    before = files_of(material)
    asyncio.run(fought.seal(material, "00" * 32))
    assert files_of(fought.material()) == before


@pytest.mark.parametrize("name", ["report.html", "scorecards.json", "dispute.json", "texts.json"])
def test_a_changed_file_fails(
    fought: Fought, material: Material, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever file of a dossier a forger changes, with all digests set right, it holds no more."""
    files = members(fought.bundle(material))
    changed = files[f"dossier/{name}"].replace(b"retail", b"legal", 1).replace(b"overlooks", b"sees", 1)
    assert changed != files[f"dossier/{name}"]
    status, report = judged(packed(files | {f"dossier/{name}": changed}), tmp_path, capsys)
    assert (status, "no entry vouches for the files" in report) == (1, True), report


def test_gaps_are_declared(fought: Fought) -> None:
    """Without prices and policy texts the dossier says what it cannot show, and shows the rest."""
    bare = fought.material(prices=None, policies=[])
    gaps = json.loads(files_of(bare)["gaps.json"])
    assert any("No prices were given" in gap for gap in gaps)
    assert any("is not at hand" in gap for gap in gaps)
    assert any("Nothing on record says who put policy" in gap for gap in gaps)
    assert bare.replays[0].counts == {"unreplayable": 94}


def test_a_matter_that_has_just_begun_has_a_dossier(fought: Fought) -> None:
    """A drafted mandate, without calls, panel or exhibits, is told with what the applicant offers."""
    files = files_of(fought.material(dispute=fought.mandate))
    report = files["report.html"].decode()
    for said in (
        "Mandate about support-eval",
        "Nothing has been decided yet.",
        "Score each release of the adapter.",
        "120,000 of the currency",
        "We may publish the scores.",
        "No exhibit was filed.",
        "Nobody called support-eval in this time.",
        "No panel has been formed.",
    ):
        assert said in report, said
    assert json.loads(files["replay.json"])[0]["calls"] == 0


def test_a_ruling_that_is_not_reviewed_in_time_is_charged(fought: Fought, material: Material) -> None:
    """The review that a ruling sets is on record, and overdue for its holder once its day has passed."""
    tally = Tally()
    with LogReader(fought.log) as reader:
        read_span(reader, material.span, [tally])
    assert material.case.ruling is not None
    tally.until_us = (material.case.ruling.review_us or 0) + 1
    tally.close()
    assert {name: each.overdue for name, each in tally.departments.items() if each.overdue} == {"retail": 1}
