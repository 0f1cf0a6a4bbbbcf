from collections.abc import Sequence

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from redaction.base import Finding
from redaction.errors import DetectorFailed, RefusedByPlan, UnknownOperator
from redaction.memory import ScanMemory
from redaction.redactor import Plan, Redaction, Redactor, Scope

REPLACE = Plan({"*": "replace"})
TEXT = "I am Anna Kowalska, write to anna@example.com. Thanks, Anna Kowalska"


class WordDetector:
    """Finds two invented people and any e-mail address; counts how often it was asked."""

    name = "words"
    digest = "00"
    heavy = False
    _rules = (
        ("PERSON", regex.compile("Anna Kowalska|Peter Jones")),
        ("EMAIL_ADDRESS", regex.compile(r"\w+@example\.com")),
    )

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The people and addresses."""
        self.asked += len(texts)
        return [
            [
                Finding(kind, *m.span(), 0.9, "words")
                for kind, rule in self._rules
                for m in rule.finditer(text)
            ]
            for text in texts
        ]


class FailingDetector(WordDetector):
    """Raises with the text in its message."""

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Never answers."""
        raise RuntimeError(texts[0])


def redactor(detector: WordDetector | None = None) -> Redactor:
    """A redactor over words."""
    return Redactor([detector or WordDetector()], key=b"k" * 32, memory=ScanMemory())


async def redacted(text: str, department: str = "retail", engine: Redactor | None = None) -> Redaction:
    """``text`` with every finding replaced."""
    engine = engine or redactor()
    scan = await engine.scan([text], department=department)
    return engine.redact(scan, REPLACE, Scope(department, engine.conversation([text], department)))


async def test_values_go_out_and_come_back() -> None:
    """No original is left in the prompt, and a reply that repeats the prompt is what the caller wrote."""
    engine = redactor()
    redaction = await redacted(TEXT, engine=engine)
    assert "Anna" not in redaction.texts[0]
    assert "example.com" not in redaction.texts[0]
    assert redaction.counts == {"PERSON": 2, "EMAIL_ADDRESS": 1}
    reply = await engine.redact_reply(redaction, REPLACE, redaction.texts[0], restore=True)
    assert reply.text == TEXT


async def test_tokens_are_stable_and_apart() -> None:
    """The same person has the same token in every process; another person or department another."""
    first, again = await redacted(TEXT), await redacted(TEXT)
    assert first.texts == again.texts
    assert first.texts != (await redacted(TEXT, "product")).texts


async def test_foreign_token_never_resolves() -> None:
    """A token of another department stays a token."""
    engine = redactor()
    theirs = await redacted(TEXT, "product", engine)
    ours = await redacted("Peter Jones asks", "retail", engine)
    reply = await engine.redact_reply(ours, REPLACE, theirs.texts[0], restore=True)
    assert "Anna" not in reply.text


async def test_model_made_value_is_masked() -> None:
    """A person whom the caller never named does not come out of a reply."""
    engine = redactor()
    reply = await engine.redact_reply(
        await redacted(TEXT, engine=engine), REPLACE, "Ask Peter Jones then.", restore=True
    )
    assert "Peter" not in reply.text
    assert reply.counts == {"PERSON": 1}


@given(st.integers(0, 120), st.integers(0, 120))
async def test_any_two_cuts_give_the_same(first: int, second: int) -> None:
    """However a reply is cut, the caller reads the same: own values restored, made-up ones masked."""
    engine = redactor()
    redaction = await redacted(TEXT, engine=engine)
    answer = f"Dear {redaction.texts[0][5:30]}, hello. Peter Jones at peter@example.com knows more about it."
    whole = await engine.redact_reply(redaction, REPLACE, answer, restore=True)
    low, high = sorted((first, second))
    stream = engine.redact_stream(redaction, REPLACE, restore=True)
    pieces = [await stream.feed(piece) for piece in (answer[:low], answer[low:high], answer[high:])]
    assert "".join(pieces) + await stream.finish() == whole.text
    assert "Peter" not in whole.text


async def test_conversation_costs_its_new_turn() -> None:
    """What was scanned once is not scanned again."""
    detector = WordDetector()
    engine = redactor(detector)
    await engine.scan(["one", "two"], department="retail")
    await engine.scan(["one", "two", "three"], department="retail")
    assert detector.asked == 3


async def test_failing_detector_fails_the_scan_without_its_words() -> None:
    """A detector that raises ends the scan, and what it said is not told."""
    with pytest.raises(DetectorFailed) as caught:
        await redactor(FailingDetector()).scan([TEXT], department="retail")
    assert "Anna" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_refuse_names_the_type() -> None:
    """A refused kind of content is named, its value is not."""
    engine = redactor()
    scan = await engine.scan([TEXT], department="retail")
    with pytest.raises(RefusedByPlan, match="EMAIL_ADDRESS") as caught:
        engine.redact(scan, Plan({"EMAIL_ADDRESS": "refuse", "*": "keep"}), Scope("retail", b""))
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize("operators", [{"*": "whisper"}, {"PERSON": "keep"}, {}])
def test_plan_promises_only_what_can_be_done(operators: dict[str, str]) -> None:
    """An operator that is not implemented, or a plan that leaves types open, is no plan."""
    with pytest.raises(UnknownOperator):
        Plan(operators)


async def test_repr_hides_everything() -> None:
    """No original shows in the repr of what holds it."""
    engine = redactor()
    scan = await engine.scan([TEXT], department="retail")
    redaction = engine.redact(scan, REPLACE, Scope("retail", b""))
    assert "Anna" not in repr((scan, redaction, redaction.vault))
