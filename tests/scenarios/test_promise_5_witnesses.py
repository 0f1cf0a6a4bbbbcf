"""Promise 5 across machines: a gateway whose log two departments' witnesses watch."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.keys import load_or_create_signer
from tests.scenarios import replies, wire
from tests.scenarios.capture import Capture
from tests.scenarios.configuration import Shape
from tests.scenarios.running import RunningGateway, custody
from tests.witnesses import OurWitness, our_witness

ORIGIN = "custody.example/log"


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder for gateways, and the witnesses that their settings name."""

    folder: Path
    upstream: str
    legal: OurWitness
    retail: OurWitness

    def start(self, more: str = "") -> RunningGateway:
        """The next life of the gateway."""
        members = "".join(
            f'[[audit.witnesses.members]]\nurl = "{each.url}"\nkey = "{each.witness}"\n'
            for each in (self.legal, self.retail)
        )
        shape = Shape(more=f"[audit.witnesses]\nquorum = 2\n{more}\n{members}")
        return RunningGateway(self.folder, self.upstream, shape)

    def status(self) -> dict[str, object]:
        """What ``custody audit status --json`` says."""
        said = custody("audit", "status", "--config", str(self.folder / "custody.toml"), "--json")
        return json.loads(said.stdout)


@pytest.fixture
def watched(capture: Capture, tmp_path: Path) -> Iterator[Watched]:
    """Legal's and retail's witnesses watch the log that will be in this folder."""
    capture.script = replies.echo
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    verifier = load_or_create_signer(state / "audit.key", ORIGIN).verifier
    with (
        our_witness(tmp_path / "legal", "legal.example/witness") as legal,
        our_witness(tmp_path / "retail", "retail.example/witness") as retail,
    ):
        legal.add_log(verifier)
        retail.add_log(verifier)
        yield Watched(tmp_path, capture.url, legal, retail)


def test_calls_are_witnessed_and_an_older_log_is_not_served(watched: Watched) -> None:
    """Two departments cosign what a gateway records; it does not start on a log put back from a backup."""
    backup = watched.folder / "backup.db"
    for life in range(2):
        with closing(watched.start().await_ready()) as gateway:
            assert wire.post(gateway, wire.body()).status == 200
        if not life:
            shutil.copy(gateway.database, backup)
    found = watched.status()
    names = {each["witness"] for each in found["cosigned_by"]}
    assert names == {watched.legal.witness.name, watched.retail.witness.name}
    # One entry says that the settings' assets entered the registry.
    assert (found["size"], found["quorum"]["met"], found["quorum"]["size"]) == (5, True, 5)
    shutil.copy(backup, gateway.database)
    with closing(watched.start()) as refused:
        assert refused.process.wait(60) != 0
    told = refused.spoken().replace("\n", " ")
    assert "example/witness has seen 5 entries of this log, and it holds 3" in told


def test_gateway_without_its_witnesses(watched: Watched) -> None:
    """With its witnesses down a gateway serves and says so; past ``max_uncosigned_s`` it refuses calls."""
    for each in (watched.legal, watched.retail):
        each.process.terminate()
        each.process.wait(30)
    with closing(watched.start("warn_after_s = 0.1\nmax_uncosigned_s = 2").await_ready()) as gateway:
        assert wire.post(gateway, wire.body()).status == 200
        found = watched.status()
        assert (found["quorum"]["met"], found["quorum"]["size"]) == (False, 0)
        deadline = time.monotonic() + 60
        while (answer := wire.post(gateway, wire.body())).status == 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert (answer.status, answer.error["code"]) == (503, "audit_unavailable")
    assert "legal.example/witness does not say how far it has seen the log" in gateway.spoken()
