from collections.abc import Sequence

import pytest
import regex

from redaction.base import Finding
from redaction.bulk import BulkScanner
from redaction.errors import DetectorFailed
from redaction.memory import ScanMemory
from redaction.redactor import Redactor


class Names:
    """Finds ``Anna Kowalska`` after ``am``, and ``Anna`` as something else."""

    name = "names"
    digest = "00"
    heavy = False

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Overlapping findings."""
        return [
            [
                Finding("PERSON", *match.span(1), 0.9, "names")
                for match in regex.finditer("am (Anna Kowalska)", text)
            ]
            + [Finding("TITLE", *match.span(), 0.5, "names") for match in regex.finditer("Anna", text)]
            for text in texts
        ]


class Broken(Names):
    """Raises with the text."""

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Never answers."""
        raise ValueError(texts[0])


TEXTS = ["I am Anna Kowalska. Anna Kowalska, that is.", "Anna Kowalska alone", "", "nobody"]


async def test_each_text_is_merged_as_if_it_were_a_request() -> None:
    """Spread and overlaps are settled as in a request, and no text changes another's findings."""
    found = await BulkScanner([Names()]).scan(TEXTS)
    redactor = Redactor([Names()], key=b"k" * 32, memory=ScanMemory())
    for text, findings in zip(TEXTS, found, strict=True):
        scan = await redactor.scan([text], department="")
        assert len(findings) == sum(scan.counts.values())
    assert [each.entity_type for each in found[0]] == ["PERSON", "PERSON"]
    assert [each.entity_type for each in found[1]] == ["TITLE"]


async def test_failing_detector_fails_all() -> None:
    """No text counts as scanned when a detector raised, and what it said is not told."""
    with pytest.raises(DetectorFailed) as caught:
        await BulkScanner([Broken()]).scan(TEXTS)
    assert "Anna" not in str(caught.value)
