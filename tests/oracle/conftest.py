import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.database import open_database
from audit.entry import EntryType, Record
from audit.integrator import Integrator
from audit.keys import load_or_create_signer
from audit.log import open_log
from audit.numbering import Row
from audit.schema import ENTRY_COLUMNS
from audit.store import EntryStore, create_log
from audit.tree_store import TreeStore

Oracle = Callable[..., "subprocess.CompletedProcess[str]"]

_GO_MODULES = Path("/usr/share/gocode")


@pytest.fixture(scope="session")
def go_oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    """Runs our Go program; built once a session."""
    if shutil.which("go") is None or not (_GO_MODULES / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("no go: install the Debian packages golang-go and golang-golang-x-mod-dev")
    binary = tmp_path_factory.mktemp("oracle") / "oracle"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(_GO_MODULES), "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", binary, "."], check=True, env=environment, cwd=Path(__file__).parent)

    def run(*arguments: str | Path, asked: str | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [binary, *arguments], check=False, capture_output=True, text=True, input=asked, timeout=60
        )

    return run


@pytest.fixture(scope="session")
def fsck() -> Callable[[Path], bool]:
    """Whether Tessera's fsck finds the log in a folder to be whole."""
    program = shutil.which("fsck")
    if program is None or "tlog-tiles" not in _usage(program):
        pytest.skip("no Tessera fsck: go install github.com/transparency-dev/tessera/cmd/fsck@v1.0.4")

    def check(folder: Path) -> bool:
        where = ["-storage_url", f"{folder.as_uri()}/", "-public_key", str(folder / "log.pub")]
        # With one worker, which is the default, it stops for good where tiles do not fit.
        command = [program, "-ui=false", "-N", "4", *where]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        # It exits 0 on a mismatch too.
        return "Successfully fsck'd log with size" in done.stderr

    return check


def _usage(program: str) -> str:
    """Every Linux has an fsck of its own, for disks."""
    done = subprocess.run([program, "-help"], check=False, capture_output=True, text=True, timeout=10)
    return done.stderr


@pytest.fixture
def large_log(tmp_path: Path) -> Path:
    """A log of 66,000 small leaves, so that its tree has tiles of three levels; signed, not closed."""
    database = open_database(tmp_path / "audit.db", 2)
    signer = load_or_create_signer(tmp_path / "audit.key", "custody.local/audit")
    create_log(database, "custody.local/audit", str(signer.verifier))
    store = EntryStore(database)
    for first in range(0, 66_000, 8_250):
        store.append([_row(number) for number in range(first, first + 8_250)])
    store.close()
    integrator = Integrator(TreeStore(database), signer)
    integrator.load()
    integrator.start()
    integrator.close()
    database.close()
    return tmp_path / "audit.db"


def _row(number: int) -> Row:
    columns = {**dict.fromkeys(ENTRY_COLUMNS[2:], ""), "id": str(number), "wall_us": 0}
    return Row(b"leaf %d" % number, tuple(columns.values()))


async def _append(database: Path, count: int) -> None:
    log = open_log(database)
    records = [
        Record(type=EntryType.DENIED, request_id=f"req-{number}", detail={"number": number})
        for number in range(count)
    ]
    await asyncio.gather(*[log.append(record) for record in records])
    await log.aclose()


@pytest.fixture
def grow() -> Callable[[Path, int], None]:
    """Adds so many entries to the log of that name, and closes it."""
    return lambda database, count: asyncio.run(_append(database, count))
