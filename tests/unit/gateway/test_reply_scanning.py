from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import Obligations, Operator
from gateway.reply_scanning import ReplyScanner, event
from gateway.scanning import Scanner
from redaction.base import Finding
from redaction.memory import ScanMemory
from redaction.redactor import Redactor

OBLIGATIONS = Obligations(prompt={"*": Operator.REPLACE}, reply={"*": Operator.MASK})
BODY: Any = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "I am Anna Kowalska"}]}


class People:
    """Finds two people."""

    name = "people"
    digest = "00"
    heavy = False

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Where they stand."""
        rule = regex.compile("Anna Kowalska|Peter Jones")
        return [[Finding("PERSON", *m.span(), 0.9, "people") for m in rule.finditer(text)] for text in texts]


async def scanner_and_token() -> tuple[ReplyScanner, str]:
    """What scans the reply to Anna's message, and her token."""
    scanner = Scanner(Redactor([People()], key=b"k" * 32, memory=ScanMemory()))
    call = scanner.redact(await scanner.scan(BODY, "retail"), OBLIGATIONS)
    prompt: Any = call.prompt.body["messages"]
    return scanner.replies(call, OBLIGATIONS, "asset", "1"), prompt[0]["content"].removeprefix("I am ")


def chunk(delta: Any, index: int = 0, finish: str | None = None) -> dict[str, Any]:
    """A chunk as a model server sends it."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {
        "id": "up",
        "object": "chat.completion.chunk",
        "created": 7,
        "model": "weights",
        "choices": [choice],
    }


async def delivered(scanner: ReplyScanner, bodies: Sequence[Any], *, short: bool) -> list[Any]:
    """The chunks that the caller gets, by the short way where there is one, or by the long way alone."""
    events: list[bytes] = []
    for body in bodies:
        plain = scanner.plain_event(body) if short else None
        events += [plain] if plain is not None else map(event, await scanner.chunk(body))
    events += map(event, await scanner.finish())
    return [orjson.loads(each.removeprefix(b"data: ")) for each in events if each]


def texts(chunks: Sequence[Any]) -> dict[tuple[int, str], str]:
    """The texts of each choice and field, put together."""
    gathered: dict[tuple[int, str], str] = defaultdict(str)
    for each in chunks:
        for choice in each["choices"]:
            for name, value in choice["delta"].items():
                gathered[choice["index"], name] += value
    return gathered


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30))
async def test_short_way_delivers_what_the_long_way_does(sizes: list[int]) -> None:
    """Chunks of plain text that skip the walk come out the same, in the same order, in every channel."""
    scanner, token = await scanner_and_token()
    other, _ = await scanner_and_token()
    text = f"well then {token} it is so, and Peter Jones too, for what it may be worth to all of you. "
    pieces, rest = [], text
    for size in (*sizes, len(text)):
        pieces.append(rest[:size])
        rest = rest[size:]
    fields = ("content", "reasoning_content")
    bodies = [chunk({"role": "assistant", "content": ""}, index) for index in (0, 1)]
    bodies += [chunk({name: piece}, index) for piece in pieces for index in (0, 1) for name in fields]
    bodies += [chunk({}, index, "stop") for index in (0, 1)]
    short = await delivered(scanner, bodies, short=True)
    assert short == await delivered(other, bodies, short=False)
    expected = text.replace(token, "Anna Kowalska").replace("Peter Jones", "[PERSON]")
    for index in (0, 1):
        assert {texts(short)[index, name] for name in fields} == {expected}
    assert scanner.masked == other.masked == {"PERSON": 4}


async def test_common_chunk_takes_the_short_way() -> None:
    """Once a choice has begun, plain words need no walk, and come under the asset's name."""
    scanner, _ = await scanner_and_token()
    assert scanner.plain_event(chunk({"role": "assistant", "content": "so "})) is None
    await scanner.chunk(chunk({"role": "assistant", "content": "so "}))
    got = scanner.plain_event(chunk({"role": "assistant", "content": "hello "}))
    assert got is not None
    assert orjson.loads(got.removeprefix(b"data: ")) == {
        **chunk({"content": "hello "}),
        "id": "chatcmpl-1",
        "model": "asset",
    }


@pytest.mark.parametrize("content", ["Anna Kowalska is so kind ", "x\ud800"])
async def test_what_must_be_looked_up_takes_the_long_way(content: str) -> None:
    """A piece in which something might be found, or that is no valid text, is left to the walk untouched."""
    scanner, _ = await scanner_and_token()
    await scanner.chunk(chunk({"role": "assistant", "content": "so "}))
    assert scanner.plain_event(chunk({"content": content})) is None


async def test_role_is_said_once() -> None:
    """A server that repeats the role in every chunk, even in those whose text waits, is quoted once."""
    scanner, _ = await scanner_and_token()
    bodies = [
        chunk({"role": "assistant", "content": piece}) for piece in ("Pe", "ter ", "Jones", " is", " here")
    ]
    chunks = await delivered(scanner, [*bodies, chunk({}, finish="stop")], short=True)
    assert [each["choices"][0]["delta"].get("role") for each in chunks].count("assistant") == 1
    assert texts(chunks)[0, "content"] == "[PERSON] is here"


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("together", [True, False])
async def test_reasoning_is_whole_before_the_answer_begins(short: bool, together: bool) -> None:
    """What was held back of the reasoning comes before the first word of the answer, masked."""
    scanner, _ = await scanner_and_token()
    thought = [chunk({"reasoning": piece}) for piece in ("I ask ", "Peter ", "Jon")]
    spoken = [chunk({"content": piece}) for piece in ("so ", "it ", "is ")]
    if together:
        between = [chunk({"reasoning": "es", "content": "and "})]
    else:
        between = [chunk({"reasoning": "es"}), chunk({"content": "and "})]
    opening = [chunk({"role": "assistant", "content": ""})]
    chunks = await delivered(
        scanner, [*opening, *thought, *between, *spoken, chunk({}, finish="stop")], short=short
    )
    assert texts(chunks) == {
        (0, "role"): "assistant",
        (0, "reasoning_content"): "I ask [PERSON]",
        (0, "content"): "and so it is ",
    }
    places = [name for each in chunks for choice in each["choices"] for name in choice["delta"]]
    assert places.index("content") > len(places) - 1 - places[::-1].index("reasoning_content") or together


async def test_channels_that_take_turns_hide_nothing() -> None:
    """A server that alternates between two channels gets no name through in bits."""
    scanner, _ = await scanner_and_token()
    fields = ("content", "reasoning_content")
    bodies = [
        chunk({name: piece})
        for piece in ("so ", "Pe", "ter", " Jon", "es", " it", " is. ")
        for name in fields
    ]
    chunks = await delivered(scanner, [*bodies, chunk({}, finish="stop")], short=True)
    for name in fields:
        assert texts(chunks)[0, name] == "so [PERSON] it is. "
