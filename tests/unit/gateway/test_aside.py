"""Work in a process of its own: its result, its refusals, its end."""

import os
import time
from pathlib import Path

import anyio
import pytest

from audit.errors import ExportRefused, LogCorrupted
from gateway.aside import Aside
from gateway.errors import AuditUnavailable, CustodyError, Impossible, NotFound, Unavailable

pytestmark = pytest.mark.anyio


def pid() -> int:
    """Where this runs."""
    return os.getpid()


def refuse(kind: str) -> None:
    """Raises one of several."""
    raise {
        "missing": NotFound("not there"),
        "empty": ExportRefused("no entry"),
        "broken": LogCorrupted(7, "a value that nobody may read"),
    }[kind]


def vanish() -> None:
    """Ends the process without a word."""
    os._exit(3)


def wait_for(path: Path) -> str:
    """Waits until there is a file."""
    while not path.exists():
        time.sleep(0.005)
    return "done"


async def test_it_runs_elsewhere() -> None:
    """The work is done in another process, and its result comes back."""
    assert await Aside("test").run(pid) not in {os.getpid(), 0}


@pytest.mark.parametrize(
    ("kind", "error"), [("missing", NotFound), ("empty", Impossible), ("broken", AuditUnavailable)]
)
async def test_refusals_come_back_as_ours(kind: str, error: type[CustodyError]) -> None:
    """What the work refuses is raised here, and nothing is quoted of a log that cannot be read."""
    with pytest.raises(error) as refused:
        await Aside("test").run(refuse, kind)
    assert "nobody may read" not in refused.value.reason_user


async def test_a_process_that_vanishes_is_told() -> None:
    """A process that was killed is an answer too, and the next work can be done."""
    aside = Aside("test")
    with pytest.raises(Unavailable, match="did not come to an end"):
        await aside.run(vanish)
    assert await aside.run(pid)


async def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    """Work that does not end in time ends all the same."""
    with pytest.raises(Unavailable, match="did not come to an end"):
        await Aside("test", seconds=0.001).run(wait_for, tmp_path / "never")


async def test_one_at_a_time(tmp_path: Path) -> None:
    """While one is done another is refused, and not queued."""
    aside, go, done = Aside("test"), tmp_path / "go", []

    async def first() -> None:
        done.append(await aside.run(wait_for, go))

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await anyio.lowlevel.checkpoint()
        with pytest.raises(Unavailable, match="Another test"):
            await aside.run(pid)
        go.touch()
    assert done == ["done"]


async def test_closing_ends_what_is_under_way(tmp_path: Path) -> None:
    """A gateway that ends waits for nobody, not even for work that begins that very moment."""
    aside, ended = Aside("test"), []

    async def first() -> None:
        try:
            await aside.run(wait_for, tmp_path / "never")
        except Unavailable as error:
            ended.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        await anyio.lowlevel.checkpoint()
        aside.close()
    assert len(ended) == 1
