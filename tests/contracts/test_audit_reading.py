"""Finding, counting and handing out entries, the same in each database that a log can lie in."""

import asyncio
from io import BytesIO
from pathlib import Path

import pytest

from audit.entry import Actor, DecisionRef, EntryType, Record, RedactionRef, ResourceRef, Result
from audit.evidence import verifier
from audit.evidence.bundle import Evidence, Selection, write_bundle
from audit.filters import Filter
from audit.keys import read_verifier
from audit.log import LogOptions, open_log
from audit.place import Place
from audit.query import LogReader
from audit.search import GROUPS, count, search
from tests.postgres import PostgresServer

pytestmark = pytest.mark.enable_socket
CASES = ("sqlite", "postgresql")
COUNT = 90
FILTERS = [
    Filter(),
    Filter(department="legal"),
    Filter(rule="legal.contracts", department="legal"),
    Filter(rule='it."quoted"\\'),
    Filter(entity="PERSON", effect="deny"),
    Filter(request_id="req-17"),
    Filter(code="policy_denied", owner="it", type="access.denied", action="chat"),
]


def record(number: int) -> Record:
    """One of many different records."""
    department = ("retail", "legal", "product")[number % 3]
    denied = number % 4 == 0
    rules = ("legal.contracts",) if denied else ("it.allow", 'it."quoted"\\')
    return Record(
        type=EntryType.DENIED if denied else EntryType.INTENT,
        request_id=f"req-{number}",
        actor=Actor(f"s_{number % 7}", "service", department) if number % 10 else None,
        action="chat",
        resource=ResourceRef("northwind-base", "base_model", "it"),
        decision=DecisionRef(f"d-{number}", "deny" if denied else "allow", "cd" * 32, rules, {}),
        redaction=RedactionRef("ef" * 32, {"PERSON": 1} if number % 3 else {}),
        result=Result(403, "policy_denied") if denied else None,
    )


async def write(place: Place, key: Path) -> None:
    """A log of all records, closed."""
    log = open_log(place, LogOptions(key_path=key))
    await asyncio.gather(*[log.append(record(number)) for number in range(COUNT)])
    await log.aclose()


@pytest.fixture(scope="module", params=CASES)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Path]:
    """Where a log lies, and its key's public half, in each database in turn."""
    folder = tmp_path_factory.mktemp("read")
    place: Place = folder / "audit.db"
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        place = server.place()
    asyncio.run(write(place, folder / "audit.key"))
    return place, folder / "audit.pub"


@pytest.mark.parametrize("where", FILTERS, ids=lambda where: str(where.facts()))
def test_pages_give_each_match_once(log: tuple[Place, Path], where: Filter) -> None:
    """All pages of a search give what its filter lets through, latest first, each entry once."""
    with LogReader(log[0]) as reader:
        fit = [each for each in reader.scan() if where.matches(each.entry)]
        wanted = [each.index for each in sorted(fit, key=lambda each: (-each.entry.wall_us, -each.index))]
        assert wanted
        found, cursor = list[int](), ""
        while True:
            page = search(reader, where, 7, cursor)
            found += [each.index for each in page.entries]
            cursor = page.cursor
            if not cursor:
                break
        assert found == wanted
        assert [each.index for each in reader.scan(where)] == sorted(wanted)


@pytest.mark.parametrize("by", GROUPS)
def test_counts_are_those_of_leaves(log: tuple[Place, Path], by: str) -> None:
    """What the database counts from its columns is what the leaves say."""
    with LogReader(log[0]) as reader:
        groups = dict(count(reader, Filter(effect="allow"), [by]))
        leaves = dict(count(reader, Filter(effect="allow", rule="it.allow"), [by]))
    assert groups == leaves
    assert groups


def test_a_bundle_holds(log: tuple[Place, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bundle of a filter holds, whichever database its leaves came from."""
    known = read_verifier(log[1])
    out = BytesIO()
    with LogReader(log[0]) as reader:
        signed = reader.checkpoint(known)
        assert signed is not None
        selection = Selection(0, COUNT, Filter(rule="legal.contracts", department="legal"))
        write_bundle(reader, Evidence(selection=selection, note=signed[1], verifier=known), out)
    (tmp_path / "b.zip").write_bytes(out.getvalue())
    assert verifier.main([str(tmp_path / "b.zip"), "--key", str(known)]) == 0, capsys.readouterr().out
