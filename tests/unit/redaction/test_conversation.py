"""A turn costs what is new in it, and means what it would mean without any memory."""

from collections.abc import Sequence
from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from redaction.base import Category, Finding
from redaction.conversation import Conversation, Part, Taken, turn
from redaction.detection import Detection
from redaction.errors import DetectorFailed
from redaction.memory import ScanMemory
from redaction.placeholders import Vault
from redaction.redactor import Plan, Redaction, Redactor, Scan, Scope
from redaction.spans import merge
from redaction.takeout import unwritten
from redaction.workers import Workers

RULES: tuple[tuple[str, Category, float, str], ...] = (
    ("PERSON", "personal", 0.9, "I am ((?:Anna|Peter|Will) (?:Kowalska|Smith|Rivers))"),
    ("PERSON", "personal", 0.8, "Kowalska (?=says)"),
    ("ORGANIZATION", "personal", 0.6, "(?:Kowalska|Rivers) (?=Ltd)"),
    ("LOCATION", "personal", 0.7, "(?<=in )(?:Leeds|Rivers)"),
    ("CODE", "secret", 1.0, r"key-\d{6}"),
)


class Rules:
    """Finds what introduces itself, and codes; counts what it was asked."""

    name = "rules"
    digest = "00"
    heavy = False

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The findings of each text by itself."""
        self.asked += len(texts)
        return [
            [
                Finding(
                    kind, *match.span(match.re.groups), score, "rules", category, validated=kind == "CODE"
                )
                for kind, category, score, rule in RULES
                for match in regex.finditer(rule, text)
            ]
            for text in texts
        ]


SENTENCES = (
    "I am Anna Kowalska.", "I am Peter Smith!", "I am Will Rivers", "Anna Kowalska and ANNA", "Kowalskas cat",
    "Kowalska says hello", "Kowalska Ltd", "Rivers Ltd in Leeds", "we meet in Rivers", "Leeds", "will you?",
    "Anna, anna kowalska, PETER SMITH", "key-123456", "use key-123456 or key-654321", "[PERSON_k7q2m9xcrt]",
    "collection of implications", "see [the attached file]", "", "\ud800 half", "Smith's",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=3).map(" ".join)
TURNS = st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=6)
PLANS = st.sampled_from(
    [
        Plan({"*": "replace"}),
        Plan({"*": "mask", "PERSON": "replace"}),
        Plan({"*": "replace", "LOCATION": "keep"}),
        Plan({"*": "surrogate", "CODE": "replace"}),
        Plan({"*": "hash", "CODE": "mask", "PERSON": "generalize"}),
    ]
)
SCOPE = Scope("retail", b"conversation")


def engine() -> Redactor:
    """A redactor over the rules."""
    return Redactor([Rules()], key=b"k" * 32, memory=ScanMemory())


async def told(redactor: Redactor, texts: Sequence[str], plan: Plan) -> tuple[Scan, Redaction]:
    """What a turn finds and sends."""
    scan = await redactor.scan(texts, department=SCOPE.department, conversation=SCOPE.conversation)
    return scan, redactor.redact(scan, plan, SCOPE)


@settings(max_examples=150)
@given(TURNS, PLANS)
async def test_memory_changes_nothing(turns: list[list[str]], plan: Plan) -> None:
    """Each turn finds, counts, sends and restores what it would without the memory of turns before."""
    going = engine()
    texts: list[str] = []
    for new in turns:
        texts += new
        scan, redaction = await told(going, texts, plan)
        alone_scan, alone = await told(engine(), texts, plan)
        assert spans(scan) == spans(alone_scan)
        assert (scan.counts, scan.secrets) == (alone_scan.counts, alone_scan.secrets)
        assert (redaction.texts, redaction.counts) == (alone.texts, alone.counts)
        assert resolved(redaction.vault) == resolved(alone.vault)


@given(TURNS, st.randoms(use_true_random=False))
async def test_edited_history_is_read_anew(turns: list[list[str]], random: Any) -> None:
    """A history that lost or changed a text finds what it would if it had always been so."""
    going = engine()
    texts: list[str] = []
    for new in turns:
        texts += new
        await told(going, texts, Plan({"*": "replace"}))
    edited = random.sample(texts, random.randint(1, len(texts)))
    scan, redaction = await told(going, edited, Plan({"*": "replace"}))
    alone_scan, alone = await told(engine(), edited, Plan({"*": "replace"}))
    assert {where(scan, at) for at in range(len(edited))} == {
        where(alone_scan, at) for at in range(len(edited))
    }
    assert redaction.texts == alone.texts


def spans(scan: Scan) -> list[Any]:
    """What is found of each text once overlaps are settled."""
    return [merge(text, found) for text, found in zip(scan.texts, scan.findings, strict=True)]


def where(scan: Scan, at: int) -> Any:
    """Spans and types of one text."""
    merged = merge(scan.texts[at], scan.findings[at])
    return scan.texts[at], tuple((each.start, each.end, each.entity_type) for each in merged)


def resolved(vault: Vault) -> set[tuple[str, str, str]]:
    """What each digest of a vault stands for."""
    return {(digest, *behind) for digest, behind in vault._originals.items()}


async def test_no_words_are_kept() -> None:
    """What is remembered of a conversation holds none of its words."""
    memory = ScanMemory()
    redactor = Redactor([Rules()], key=b"k" * 32, memory=memory)
    texts = ["I am Anna Kowalska", "use key-123456 for the collection"]
    await told(redactor, texts, Plan({"*": "replace"}))
    kept = memory.recall_conversation(SCOPE.department, SCOPE.conversation)
    assert kept is not None
    held = held_by(kept)
    assert "PERSON" in held
    assert not any(word in held for text in texts for word in text.split() if len(word) > 2)


def held_by(kept: Conversation) -> str:
    """All that a remembered conversation holds, in words."""
    parts = [(part.found, part.counts, part.taken and fields(part.taken)) for part in kept.parts.values()]
    return repr((parts, kept.values, list(kept.parts)))


def fields(taken: Taken) -> tuple[Any, ...]:
    """All that is remembered of what was put in place of values."""
    return taken.chosen, taken.puts, taken.tokens, taken.lookalikes


async def test_another_conversation_gets_other_tokens() -> None:
    """What was put in place of values in one conversation is never put there in another."""
    redactor = engine()
    scan, redaction = await told(redactor, ["I am Anna Kowalska"], Plan({"*": "replace"}))
    other = redactor.redact(scan, Plan({"*": "replace"}), Scope("retail", b"other"))
    assert redaction.texts != other.texts
    scan, _ = await told(redactor, ["I am Anna Kowalska"], Plan({"*": "replace"}))
    assert scan.parts[0].taken is not None


async def test_old_turns_are_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of old turns are those of the turn before, unless a new value stands in them."""
    texts = {b"1": "I am Anna Kowalska", b"2": "hello from Leeds", b"3": "nobody"}
    rules = Rules()
    found = {key: tuple(rules.detect([text])[0]) for key, text in texts.items()}
    before = turn(None, texts, found)
    texts[b"4"] = "we are in Leeds"
    found[b"4"] = tuple(rules.detect([texts[b"4"]])[0])
    now = turn(before, texts, found)
    same = {key for key, part in before.parts.items() if now.parts[key] is part}
    assert same == {b"1", b"3"}
    assert [each.entity_type for each in now.parts[b"2"].found] == ["LOCATION"]


def test_memory_counts_what_a_conversation_takes() -> None:
    """A conversation counts against its department's share, and goes when it is the oldest."""
    memory = ScanMemory(octets=3000)
    finding = Finding("PERSON", 0, 4, 0.9, "rules")
    conversation = Conversation({bytes([at]): Part((finding,)) for at in range(3)}, ())
    memory.remember_conversation("retail", b"one", conversation)
    assert memory.recall_conversation("retail", b"one") is conversation
    memory.remember_conversation("retail", b"two", conversation)
    assert memory.recall_conversation("retail", b"one") is None
    assert memory.recall_conversation("retail", b"two") is conversation
    assert memory.recall("retail", b"two") is None


async def test_only_what_no_turn_has_written_is_worth_a_thread() -> None:
    """Texts that the plan has had written before are passed over; another plan's, and stand-ins, are not."""
    redactor = engine()
    replace = Plan({"*": "replace"})
    scan, _ = await told(redactor, ("I am Anna Kowalska.", "key-123456"), replace)
    assert not unwritten(scan.texts, scan.parts, replace)
    again = await redactor.scan((*scan.texts, "new"), department="retail", conversation=SCOPE.conversation)
    assert unwritten(again.texts, again.parts, replace) == ["new"]
    for other in (Plan({"*": "mask"}), Plan({"*": "surrogate"})):
        assert tuple(unwritten(scan.texts, scan.parts, other)) == scan.texts


async def test_detectors_of_both_weights_are_heard_together() -> None:
    """Light and heavy detectors find side by side in a long text, and the failure of either is one."""
    heavy = Rules()
    heavy.heavy = True
    text = "I am Anna Kowalska. " + "and so on, " * 900
    light, both = Detection([Rules()], Workers(2), 5), Detection([Rules(), heavy], Workers(2), 5)
    (alone,), (together,) = await light.find([text]), await both.find([text])
    assert together == [*alone, *alone]
    with pytest.raises(DetectorFailed):
        await Detection([Rules(), Broken()], Workers(2), 5).find([text])


class Broken(Rules):
    """Raises whatever it is asked."""

    heavy = True

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Nothing, ever."""
        raise RuntimeError(f"{len(texts)} texts")
