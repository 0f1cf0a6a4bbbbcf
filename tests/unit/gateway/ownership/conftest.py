import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from audit.entry import Record
from tests.calls import Call
from tests.patience import patient_log


@pytest.fixture(scope="session")
def finished_log_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed log of twenty answered calls; for reading alone."""
    path = tmp_path_factory.mktemp("calls") / "audit.db"
    asyncio.run(_write(path))
    return path


async def _write(path: Path) -> None:
    log = patient_log(path)
    for number in range(20):
        intent, outcome = Call(counts={"PERSON": number % 3}).records(number)
        receipt = await log.append(intent)
        await log.append(_answering(outcome, receipt.entry_id))
    await log.aclose()


def _answering(outcome: Record, intent: str) -> Record:
    return replace(outcome, intent=intent)
