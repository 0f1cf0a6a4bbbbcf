import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.entry import Actor, DecisionRef, EntryType, Record, RedactionRef, ResourceRef, Result
from audit.log import open_log

MakeRecord = Callable[..., Record]


def record(request_id: str = "req-1", intent: str = "") -> Record:
    """An intent, or the outcome of the intent that is named."""
    return Record(
        type=EntryType.OUTCOME if intent else EntryType.INTENT,
        request_id=request_id,
        actor=Actor("s_1f0c", "service", "retail"),
        action="chat",
        resource=ResourceRef("northwind-base", "base_model", "it", "ab" * 32),
        decision=None
        if intent
        else DecisionRef("dec-1", "allow", "cd" * 32, ("it.allow",), {"tools": False}),
        redaction=None if intent else RedactionRef("ef" * 32, {"PERSON": 1}),
        result=Result(200, finish="stop", duration_us=1200) if intent else None,
        intent=intent,
    )


@pytest.fixture
def make_record() -> MakeRecord:
    """Makes an intent, or the outcome of the intent that is named."""
    return record


@pytest.fixture(scope="session")
def finished_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a log of 300 intents and 299 outcomes that was closed cleanly; made once."""
    folder = tmp_path_factory.mktemp("finished")
    asyncio.run(_write(folder / "audit.db"))
    return folder


@pytest.fixture
def closed_log(finished_log: Path, tmp_path: Path) -> Path:
    """The database of a copy of the finished log, the test's own to damage."""
    shutil.copytree(finished_log, tmp_path, dirs_exist_ok=True)
    return tmp_path / "audit.db"


async def _write(path: Path) -> None:
    log = open_log(path)
    for number in range(3):
        names = [f"req-{number}-{turn}" for turn in range(100)]
        intents = await asyncio.gather(*[log.append(record(name)) for name in names])
        pairs = zip(names, intents, strict=True)
        await asyncio.gather(
            *[log.append(record(name, made.entry_id)) for name, made in pairs if name != "req-1-50"]
        )
    await log.aclose()
