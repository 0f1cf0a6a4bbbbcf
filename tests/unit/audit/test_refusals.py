import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import Actor, EntryType, Receipt, Record, Result
from audit.errors import RecorderUnavailable
from audit.refusals import _MOST_CALLERS, _MOST_KINDS, RefusalLimiter

SINGLY = 4


class FakeRecorder:
    """Keeps records in a list, or fails when told to."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.down = False

    async def append(self, record: Record) -> Receipt:
        """Keep one."""
        if self.down:
            raise RecorderUnavailable("down")
        self.records.append(record)
        return Receipt("", 0, b"", "")

    def told(self) -> int:
        """How many refusals the records tell of."""
        singles = sum(record.type is EntryType.DENIED for record in self.records)
        return singles + sum(int(str(record.detail.get("count", 0))) for record in self.records)


def refusal(actor: str, code: str) -> Record:
    """One refusal of someone, or of nobody known."""
    who = Actor(actor, "service", "retail") if actor else None
    return Record(type=EntryType.DENIED, request_id="r", actor=who, result=Result(401, code))


def limiter(recorder: FakeRecorder) -> RefusalLimiter:
    """A limiter whose window ends only when it is closed."""
    return RefusalLimiter(recorder, window_s=3600, singly=SINGLY)


REFUSALS = st.lists(
    st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["x", "y"]), st.sampled_from(["p", "q"])),
    max_size=80,
)


@given(REFUSALS)
def test_no_count_is_lost(refused: list[tuple[str, str, str]]) -> None:
    """Whatever comes in whatever order, records and counts tell of each refusal once."""
    recorder = FakeRecorder()

    async def run() -> None:
        under_test = limiter(recorder)
        for actor, code, source in refused:
            await under_test.refuse(refusal(actor, code), source)
        await under_test.aclose()

    asyncio.run(run())
    assert recorder.told() == len(refused)
    assert len(recorder.records) <= len(refused) * 2


async def test_first_ones_are_single_and_the_rest_a_number() -> None:
    """The first refusals are records; then one says that a flood began, and one how large it was."""
    recorder = FakeRecorder()
    under_test = limiter(recorder)
    for _ in range(1000):
        await under_test.refuse(refusal("a", "x"))
    assert [record.type for record in recorder.records] == [EntryType.DENIED] * SINGLY + [EntryType.FLOOD]
    await under_test.aclose()
    assert recorder.records[-1].detail["count"] == 1000 - SINGLY
    assert recorder.records[-1].actor == Actor("a", "service", "retail")


async def test_invented_addresses_share_a_budget() -> None:
    """Callers without a name cannot have a record for each address that they invent, nor fill the memory."""
    recorder = FakeRecorder()
    under_test = limiter(recorder)
    for number in range(5000):
        await under_test.refuse(refusal("", "x"), f"source-{number}")
    assert len(recorder.records) == 2 * SINGLY + 1
    await under_test.aclose()
    assert recorder.told() == 5000
    listed = recorder.records[-1].detail["refused"]
    assert isinstance(listed, list)
    assert len(listed) <= _MOST_KINDS + 1


async def test_many_names_are_bounded() -> None:
    """Beyond so many callers the rest are counted together."""
    recorder = FakeRecorder()
    under_test = limiter(recorder)
    for number in range(_MOST_CALLERS + 500):
        await under_test.refuse(refusal(f"a{number}", "x"))
    assert len(under_test._callers) <= _MOST_CALLERS + 1
    await under_test.aclose()
    assert recorder.told() == _MOST_CALLERS + 500


async def test_counts_outlive_an_outage() -> None:
    """Counts that could not be recorded are recorded later; a refusal that is due a record raises."""
    recorder = FakeRecorder()
    under_test = limiter(recorder)
    for _ in range(50):
        await under_test.refuse(refusal("a", "x"))
    recorder.down = True
    await under_test._end_quietly()
    with pytest.raises(RecorderUnavailable):
        await under_test.refuse(refusal("b", "x"))
    recorder.down = False
    for _ in range(50):
        await under_test.refuse(refusal("a", "x"))
    await under_test.aclose()
    assert recorder.told() == 100


async def test_window_ends_by_itself() -> None:
    """Counts become a record when their window ends, without another refusal."""
    recorder = FakeRecorder()
    under_test = RefusalLimiter(recorder, window_s=0.05, singly=1)
    for _ in range(5):
        await under_test.refuse(refusal("a", "x"))
    for _ in range(200):
        if recorder.told() == 5:
            break
        await asyncio.sleep(0.02)
    assert recorder.told() == 5
    await under_test.aclose()
