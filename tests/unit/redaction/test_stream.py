from collections.abc import Sequence

import pytest
import regex

from redaction.base import Finding
from redaction.memory import ScanMemory
from redaction.redactor import Plan, Redaction, Redactor, Scope

REPLACE, MASK = Plan({"*": "replace"}), Plan({"*": "mask"})


class People:
    """Finds two people by their whole names; counts the texts that it was shown."""

    name = "people"
    digest = "00"
    heavy = False
    rule = regex.compile("Anna Kowalska|Peter Nowak")

    def __init__(self) -> None:
        self.shown: list[str] = []

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Where they stand."""
        self.shown += texts
        found = [self.rule.finditer(text) for text in texts]
        return [[Finding("PERSON", *match.span(), 0.9, "people") for match in each] for each in found]


async def asked(people: People, prompt: str = "I am Anna Kowalska") -> tuple[Redactor, Redaction]:
    """A redactor, and what it made of the prompt."""
    engine = Redactor([people], key=b"k" * 32, memory=ScanMemory())
    scan = await engine.scan([prompt], department="retail")
    redaction = engine.redact(scan, REPLACE, Scope("retail", b"1"))
    people.shown.clear()
    return engine, redaction


async def streamed(engine: Redactor, redaction: Redaction, text: str, size: int = 1) -> str:
    """The text as a stream of pieces of this size."""
    stream = engine.redact_stream(redaction, MASK, restore=True)
    pieces = [await stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join(pieces) + await stream.finish()


async def whole(engine: Redactor, redaction: Redaction, text: str) -> str:
    """The text as a whole reply."""
    return (await engine.redact_reply(redaction, MASK, text, restore=True)).text


async def test_a_stranger_is_masked_by_part_of_the_name_too() -> None:
    """A person whom the model made up is not named by the surname alone in what follows."""
    engine, redaction = await asked(People())
    text = "Ask Peter Nowak. He said that Nowak's sister knows; NOWAK it is, and he never nowadays."
    masked = "Ask [PERSON]. He said that [PERSON]'s sister knows; [PERSON] it is, and he never nowadays."
    assert await streamed(engine, redaction, text) == masked
    assert await whole(engine, redaction, text) == masked


@pytest.mark.parametrize("said", ["Kowalska", "Anna", "Anna Kowalska", "ANNA KOWALSKA", "Kowalska's"])
async def test_the_callers_own_names_are_never_masked(said: str) -> None:
    """The caller's own person stays named where the model names it, whole or in part."""
    engine, redaction = await asked(People())
    text = f"so it is {said} who asked"
    assert await streamed(engine, redaction, text) == text
    assert await whole(engine, redaction, text) == text


async def test_plain_words_are_shown_to_no_detector() -> None:
    """A stream of words in small letters is never scanned, however it comes."""
    people = People()
    engine, redaction = await asked(people)
    text = "thank you for your letter, we are sorry for the trouble and will send another one. "
    assert await streamed(engine, redaction, text) == text
    assert people.shown == []


async def test_no_run_is_scanned_twice() -> None:
    """Each suspect run is shown once, when it has ended, and not again with every piece."""
    people = People()
    engine, redaction = await asked(people)
    await streamed(engine, redaction, "then Maria Lopez went home and later Peter Nowak did so too as well")
    assert len(people.shown) == 2


async def test_what_the_caller_wrote_is_not_the_models() -> None:
    """What stands in the prompt, though nothing was found there, is not masked where the model repeats it."""
    people = People()
    people.rule = regex.compile("Maria Lopez(?=, as you say)")
    engine, redaction = await asked(people, "I know Maria Lopez and Marianne Weber.")
    text = "Maria Lopez, as you say, it is. "
    assert await whole(engine, redaction, text) == text
    assert await streamed(engine, redaction, text) == text
    engine, redaction = await asked(people, "I know Ana-Maria Lopezia.")
    assert await whole(engine, redaction, text) == text.replace("Maria Lopez", "[PERSON]")
