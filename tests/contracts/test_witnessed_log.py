"""What a log and its witnesses do for each other, with witnesses that run in processes of their own."""

import asyncio
import itertools
import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audit.cosignature import WitnessSigner, require_quorum
from audit.database import open_reader
from audit.entry import EntryType, Record
from audit.errors import LogUnusable, RecorderUnavailable
from audit.keys import load_or_create_signer, read_verifier
from audit.log import Log, LogOptions, open_log
from audit.query import LogReader
from audit.status import LogStatus, read_status
from audit.verify import verify_log
from audit.witness.checks import Trusted
from audit.witness.policy import WitnessAddress, WitnessPolicy
from gateway.cli.main import app
from tests.witnesses import OurWitness, lite_witness, our_witness

pytestmark = pytest.mark.enable_socket

COUNT = itertools.count()


class Departments:
    """A log of its own, two witnesses of ours that watch it, and the policy that asks for both."""

    def __init__(self, folder: Path, legal: OurWitness, risk: OurWitness) -> None:
        self.origin = f"log{next(COUNT)}.example/audit"
        self.folder = folder
        self.database = folder / "audit.db"
        self.verifier = load_or_create_signer(folder / "audit.key", self.origin).verifier
        self.legal, self.risk = legal, risk
        for each in (self.legal, self.risk):
            each.add_log(self.verifier)
        self.policy = WitnessPolicy(witnesses=(self.legal.address, self.risk.address), quorum=2)

    def open(self, policy: WitnessPolicy | None = None) -> Log:
        """The log, open for writing under the policy."""
        return open_log(
            self.database, LogOptions(origin=self.origin, witnesses=policy or self.policy, cadence_s=0.01)
        )

    def status(self, policy: WitnessPolicy | None = None) -> LogStatus:
        """What ``custody audit status`` goes by."""
        engine = open_reader(self.database)
        try:
            return read_status(engine, policy or self.policy)
        finally:
            engine.dispose()

    async def until(
        self, wanted: Callable[[LogStatus], bool], policy: WitnessPolicy | None = None
    ) -> LogStatus:
        """The status as soon as it is as wanted."""
        deadline = time.monotonic() + 60
        while not wanted(found := self.status(policy)):
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)
        return found


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OurWitness, OurWitness]]:
    """Legal's and risk's witnesses, which nobody stops."""
    folder = tmp_path_factory.mktemp("witnesses")
    with (
        our_witness(folder / "legal", "legal.example/witness") as legal,
        our_witness(folder / "risk", "risk.example/witness") as risk,
    ):
        yield legal, risk


@pytest.fixture
def departments(witnesses: tuple[OurWitness, OurWitness], tmp_path: Path) -> Departments:
    """A log that legal's and risk's witnesses watch."""
    return Departments(tmp_path, *witnesses)


@pytest.fixture
def fragile(witnesses: tuple[OurWitness, OurWitness], tmp_path: Path) -> Iterator[Departments]:
    """The same with a witness of risk's that the test may stop."""
    with our_witness(tmp_path / "risk", "risk.example/witness") as risk:
        yield Departments(tmp_path, witnesses[0], risk)


def stop(witness: OurWitness) -> None:
    """End its process."""
    witness.process.terminate()
    witness.process.wait(30)


def again(fragile: Departments) -> AbstractContextManager[OurWitness]:
    """Risk's witness on its folder and port once more."""
    port = int(fragile.risk.url.rpartition(":")[2])
    return our_witness(fragile.folder / "risk", "risk.example/witness", port)


def record(name: str, intent: str = "") -> Record:
    """An intent, or the outcome of the intent that is named."""
    kind = EntryType.OUTCOME if intent else EntryType.INTENT
    return Record(type=kind, request_id=name, action="chat", intent=intent)


async def write(log: Log, count: int, name: str = "r") -> None:
    """So many refusals, which leave nothing open that a later gateway would close."""
    refused = [Record(type=EntryType.DENIED, request_id=f"{name}{number}") for number in range(count)]
    await asyncio.gather(*[log.append(each) for each in refused])


def covered(found: LogStatus) -> bool:
    """Whether a quorum has seen every entry."""
    return found.size > 0 and found.coverage is not None and found.coverage.size == found.size


async def test_log_is_cosigned_by_ours_and_by_a_stranger(departments: Departments, tmp_path: Path) -> None:
    """Our witnesses and litewitness cosign the same checkpoints; export and proof carry all three."""
    with lite_witness(tmp_path / "lite") as stranger:
        stranger.add_log(departments.verifier)
        addresses = (*departments.policy.witnesses, stranger.address)
        policy = WitnessPolicy(witnesses=addresses, quorum=3)
        log = departments.open(policy)
        for part in range(3):
            await write(log, 20, f"r{part}-")
            await departments.until(covered, policy)
        await log.aclose()
    found = departments.status(policy)
    assert (found.size, found.coverage.size, found.lag) == (60, 60, 0)
    assert {each.witness for each in found.cosignatures} == {each.name for each in policy.witnesses}
    with LogReader(departments.database) as reader:
        _checkpoint, note = reader.checkpoint(departments.verifier)
    assert len(require_quorum(note, policy.keys, 3)) == 3
    report = verify_log(departments.database, departments.verifier, trusted=Trusted(policy.keys, 3))
    assert (report.good, report.witnesses.size) == (True, 60)
    where, keys = ["--database", str(departments.database)], [str(key) for key in policy.keys]
    for command in (
        ["export", str(tmp_path / "out"), "--format", "tiles"],
        ["prove", "7", "-o", str(tmp_path / "p")],
    ):
        assert CliRunner().invoke(app, ["audit", *command, *where]).exit_code == 0
    assert len(require_quorum((tmp_path / "out" / "checkpoint").read_text(), policy.keys, 3)) == 3
    asked = [part for key in keys for part in ("--witness", key)]
    command = ["audit", "verify-proof", str(tmp_path / "p"), "--key", str(departments.verifier), *asked]
    done = CliRunner().invoke(app, [*command, "--quorum", "3"])
    assert "cosigned by legal.example/witness, risk.example/witness, stranger.example/witness" in done.stdout
    assert CliRunner().invoke(app, [*command, "--quorum", "4"]).exit_code == 1


async def test_witness_that_is_away_costs_only_the_quorum(fragile: Departments) -> None:
    """With a witness down the log goes on; when the witness is back it sees what it missed."""
    log = fragile.open()
    await write(log, 5)
    await fragile.until(covered)
    stop(fragile.risk)
    await write(log, 5, "s")
    found = await fragile.until(
        lambda found: bool(found.states[1][1].failed) and found.states[0][1].size == 10
    )
    assert (found.coverage.size, found.coverage.total) == (5, 10)
    assert "ConnectionRefused" in found.states[1][1].failed
    with again(fragile):
        found = await fragile.until(covered)
        assert found.states[1][1].failed == ""
        await log.aclose()


async def test_witness_that_hangs_does_not_hold_the_others(departments: Departments) -> None:
    """A witness that accepts and never answers leaves a quorum of two others what it is."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        key = WitnessSigner("silent.example/witness", bytes(32)).witness
        hung = WitnessAddress(f"http://127.0.0.1:{silent.getsockname()[1]}", key)
        policy = WitnessPolicy(witnesses=(hung, *departments.policy.witnesses), quorum=2, timeout_s=0.5)
        log = departments.open(policy)
        for part in range(3):
            await write(log, 5, f"r{part}-")
            await departments.until(covered, policy)
        await log.aclose()
    assert [state.size for _name, state in departments.status(policy).states] == [0, 15, 15]


async def test_last_checkpoint_is_cosigned_at_the_end(departments: Departments) -> None:
    """What is written just before a clean end is cosigned before the log closes."""
    log = departments.open()
    await write(log, 30)
    await log.aclose()
    assert covered(departments.status())
    assert verify_log(departments.database, departments.verifier).sealed


@pytest.mark.parametrize("told_by", ["witnesses", "memory"])
async def test_older_copy_is_not_opened(departments: Departments, told_by: str) -> None:
    """A log put back from a copy does not start: a witness says so, or the file beside it if none answers."""
    log = departments.open()
    await write(log, 5)
    await log.aclose()
    copy = departments.folder / "copy"
    copy.mkdir()
    shutil.copy(departments.database, copy)
    log = departments.open()
    await write(log, 5, "s")
    await log.aclose()
    shutil.copy(copy / "audit.db", departments.database)
    policy = departments.policy
    if told_by == "witnesses":
        departments.database.with_suffix(".witnessed").unlink()
    else:
        nowhere = [f"http://127.0.0.1:{port}" for port in (1, 2)]
        away = [replace(each, url=url) for each, url in zip(policy.witnesses, nowhere, strict=True)]
        policy = replace(policy, witnesses=tuple(away))
    with pytest.raises(LogUnusable, match=r"example/witness has seen 10 entries of this log, and it holds 5"):
        departments.open(policy)


async def test_rewritten_log_is_not_opened(departments: Departments) -> None:
    """Another history of the same length, under the same key, is told by its root."""
    log = departments.open()
    await write(log, 5)
    await log.aclose()
    departments.database.unlink()
    departments.database.with_name("audit.db.seal").unlink()
    log = open_log(departments.database, LogOptions(origin=departments.origin))
    await write(log, 5, "forged")
    await log.aclose()
    with pytest.raises(LogUnusable, match="has seen another log of 5 entries"):
        departments.open()


async def test_split_view_is_refused_and_shown_on_both_sides(departments: Departments) -> None:
    """A longer rewritten log may start where the memory is gone, and no witness cosigns it; both tell."""
    log = departments.open()
    await write(log, 5)
    await log.aclose()
    for name in ("audit.db", "audit.db.seal", "audit.witnessed"):
        departments.database.with_name(name).unlink()
    log = open_log(departments.database, LogOptions(origin=departments.origin))
    await write(log, 9, "forged")
    await log.aclose()
    log = departments.open()
    found = await departments.until(lambda found: all(state.refused for _name, state in found.states))
    await log.aclose()
    assert found.coverage.size == 0
    assert [state.refused_size for _name, state in found.states] == [9, 9]
    assert "does not lead on from the history that it has seen (422" in found.states[0][1].refused
    told = departments.legal.status()
    assert f"{departments.origin} signed 9 entries, 5 were seen: a history that does not lead on" in told


async def test_unknown_log_is_told_what_to_do(departments: Departments, tmp_path: Path) -> None:
    """A witness that does not watch the log shows in the status with what its operator must do."""
    with our_witness(tmp_path / "audit-dept", "audit.example/witness") as stranger:
        policy = WitnessPolicy(witnesses=(*departments.policy.witnesses, stranger.address), quorum=2)
        log = departments.open(policy)
        await write(log, 1)
        found = await departments.until(lambda found: bool(found.states[2][1].refused), policy)
        assert "its operator must add it" in found.states[2][1].refused
        stranger.add_log(departments.verifier)
        await departments.until(lambda found: found.states[2][1].size == 1, policy)
        await log.aclose()


async def test_calls_are_refused_without_a_quorum_if_asked_for(fragile: Departments) -> None:
    """Past ``max_uncosigned_s`` new intents are refused, what has begun is recorded, and a quorum ends it."""
    policy = replace(fragile.policy, warn_after_s=0.2, max_uncosigned_s=0.4)
    log = fragile.open(policy)
    stop(fragile.risk)
    begun = await log.append(record("begun"))
    with pytest.raises(RecorderUnavailable, match="no quorum of witnesses"):
        await _until_refused(log)
    await log.append(record("begun", begun.entry_id))
    with again(fragile):
        await fragile.until(covered, policy)
        await _until_accepted(log)
        await log.aclose()


async def _until_refused(log: Log) -> None:
    for number in range(600):
        await log.append(record(f"more{number}"))
        await asyncio.sleep(0.05)


async def _until_accepted(log: Log) -> None:
    for number in range(600):
        try:
            await log.append(record(f"again{number}"))
        except RecorderUnavailable:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("the log does not take calls again")


async def test_two_gateways_share_their_witnesses(departments: Departments) -> None:
    """Two gateways that ask the same witnesses for one log end with every entry seen, nothing refused."""
    first, second = departments.open(), departments.open()
    for part in range(3):
        await asyncio.gather(write(first, 10, f"a{part}-"), write(second, 10, f"b{part}-"))
        await departments.until(covered)
    await first.aclose()
    await second.aclose()
    found = departments.status()
    assert (found.size, covered(found)) == (60, True)
    assert [state.refused for _name, state in found.states] == ["", ""]


async def test_status_command(departments: Departments, tmp_path: Path) -> None:
    """``custody audit status`` shows size, lag, checkpoint, cosigners, quorum; fails while it is lost."""
    log = departments.open()
    await write(log, 12)
    await log.aclose()
    config = tmp_path / "custody.toml"
    config.write_text(_settings(departments, (departments.legal, departments.risk)))
    done = CliRunner().invoke(app, ["audit", "status", "--config", str(config)])
    assert done.exit_code == 0, done.output
    assert "entries      12, 12 in the tree, 0 not yet signed\n" in done.stdout
    assert "cosigned by  legal.example/witness at " in done.stdout
    assert "quorum       met: 2 witnesses have seen 12 of 12 entries\n" in done.stdout
    found = json.loads(CliRunner().invoke(app, ["audit", "status", "--config", str(config), "--json"]).stdout)
    assert (found["size"], found["lag"], found["quorum"]["met"]) == (12, 0, True)
    assert [each["witness"] for each in found["cosigned_by"]] == [
        "legal.example/witness",
        "risk.example/witness",
    ]
    unseen = open_log(departments.database, LogOptions(origin=departments.origin))
    await write(unseen, 1, "unseen")
    await unseen.aclose()
    await asyncio.sleep(0.02)
    done = CliRunner().invoke(app, ["audit", "status", "--config", str(config)])
    assert done.exit_code == 1, done.output
    assert "quorum       LOST: 2 witnesses have seen 12 of 13 entries; entries since " in done.stdout


def _settings(departments: Departments, witnesses: tuple[OurWitness, ...]) -> str:
    members = "".join(
        f'[[audit.witnesses.members]]\nurl = "{each.url}"\nkey = "{each.witness}"\n' for each in witnesses
    )
    return f"""
state_dir = "{departments.folder}"
mode = "development"
[audit]
origin = "{departments.origin}"
[audit.witnesses]
quorum = 2
warn_after_s = 0.01
{members}
[identity]
kind = "api_keys"
[redaction]
detectors = [{{ kind = "patterns" }}]
[[backends]]
kind = "scripted"
name = "scripted"
[[assets]]
id = "northwind-base"
type = "base_model"
backend = "scripted"
base_model = "northwind-base"
facets = {{ accountable_owner = "it" }}
class_ceiling = "internal"
"""


def test_verifier_is_the_published_one(departments: Departments) -> None:
    """The key that witnesses are given is the one that lies beside the log for everybody."""
    assert read_verifier(departments.folder / "audit.pub") == departments.verifier
