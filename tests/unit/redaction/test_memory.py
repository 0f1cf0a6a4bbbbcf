from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.base import Finding
from redaction.memory import ScanMemory
from redaction.redactor import Redactor

FOUND = (Finding("PERSON", 0, 4, 0.9, "test"),)
TEXT = "Anna writes from Leeds"


class Counting:
    """Finds the first word of each text; counts what it was asked."""

    name = "counting"
    heavy = False

    def __init__(self, digest: str = "00") -> None:
        self.digest = digest
        self.asked: list[str] = []

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """One finding a text."""
        self.asked += texts
        return [[Finding("PERSON", 0, 4, 0.9, self.name)] for _ in texts]


def redactor(detector: Counting, memory: ScanMemory, key: bytes = b"k" * 32) -> Redactor:
    """A redactor over one detector."""
    return Redactor([detector], key=key, memory=memory)


async def test_a_change_of_detectors_forgets() -> None:
    """What another engine found is not believed: the key depends on all that decides what is found."""
    memory, old, new = ScanMemory(), Counting("01"), Counting("02")
    await redactor(old, memory).scan([TEXT], department="retail")
    await redactor(old, memory).scan([TEXT], department="retail")
    await redactor(new, memory).scan([TEXT], department="retail")
    assert old.asked == [TEXT]
    assert new.asked == [TEXT]


async def test_departments_never_share() -> None:
    """That one department sent a text cannot be told by another, not even from the work it causes."""
    memory, detector = ScanMemory(), Counting()
    for department in ("retail", "legal", "retaillegal", "retail"):
        await redactor(detector, memory).scan([TEXT], department=department)
    assert len(detector.asked) == 3


async def test_another_key_remembers_nothing() -> None:
    """Digests are keyed, so a memory says nothing to whoever lacks the key."""
    memory, detector = ScanMemory(), Counting()
    await redactor(detector, memory).scan([TEXT], department="retail")
    await redactor(detector, memory, b"K" * 32).scan([TEXT], department="retail")
    assert len(detector.asked) == 2


async def test_no_originals_are_kept() -> None:
    """The memory holds offsets and entity types; no part of the text is in it."""
    memory = ScanMemory()
    await redactor(Counting(), memory).scan([TEXT], department="retail")
    (share,) = memory._shares.values()
    assert len(share._found) == 1
    held = repr([(digest, findings) for digest, findings in share._found.items()])
    assert not any(word in held for word in TEXT.split())


async def test_remembered_findings_are_those_found() -> None:
    """A text that is remembered has the findings that it had."""
    engine = redactor(Counting(), ScanMemory())
    first = await engine.scan([TEXT, "Bert"], department="retail")
    again = await engine.scan(["Bert", TEXT], department="retail")
    assert again.findings == first.findings[::-1]


STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=60)


@given(STEPS, st.integers(0, 5), st.integers(0, 4_000))
def test_memory_is_bounded(steps: list[tuple[int, int]], entries: int, octets: int) -> None:
    """Whatever is remembered, neither bound is passed, and what is recalled is what was remembered last."""
    memory = ScanMemory(entries, octets)
    latest: dict[int, tuple[Finding, ...]] = {}
    for part, size in steps:
        latest[part] = FOUND * size
        memory.remember("retail", bytes([part]), latest[part])
        share = memory._shares["retail"]
        assert len(share._found) <= entries
        assert share._octets <= octets
        assert share._octets == sum(200 + 160 * len(found) for found in share._found.values())
    for part, found in latest.items():
        assert memory.recall("retail", bytes([part])) in (None, found)


def test_what_is_asked_for_stays() -> None:
    """Out goes what has not been asked for longest; one department cannot push out another's."""
    memory = ScanMemory(entries=2)
    memory.remember("legal", b"a", FOUND)
    for part in (b"a", b"b"):
        memory.remember("retail", part, FOUND)
    assert memory.recall("retail", b"a")
    memory.remember("retail", b"c", FOUND)
    kept = [part for part in (b"a", b"b", b"c") if memory.recall("retail", part)]
    assert kept == [b"a", b"c"]
    assert memory.recall("legal", b"a")


@pytest.mark.parametrize("turns", [50])
async def test_a_turn_scans_its_own_text_alone(turns: int) -> None:
    """In a conversation of fifty turns each text is scanned once."""
    detector = Counting()
    engine = redactor(detector, ScanMemory())
    for turn in range(1, turns + 1):
        await engine.scan([f"turn {number} of Anna" for number in range(turn)], department="retail")
    assert len(detector.asked) == turns
