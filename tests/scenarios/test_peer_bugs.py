"""Bugs that peers have had in restoring, masking and streaming (HAZARDS.md lists them), each as a claim.

Some are claims of other files already: a value that is restored whole and streamed, a conversation of 20
turns with the same placeholders, tool calls in it, and a stream that stays one are in promise 4; a detector
that is down is in promise 2; placeholders after a restart are in ``test_stop_and_start.py``.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from openai import OpenAI

from tests.scenarios import replies
from tests.scenarios.capture import Capture, Received, Reply
from tests.scenarios.configuration import MODEL
from tests.scenarios.conftest import Connect
from tests.scenarios.conversation import ask, ask_streamed, gather, user
from tests.scenarios.people import ANNA, ROBERT, STRANGER, traces
from tests.scenarios.running import RunningGateway

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])


def answer_to(client: OpenAI, messages: list[Any], *, stream: bool, **parameters: Any) -> str:
    """The text of the answer to these messages."""
    if stream:
        with client.chat.completions.create(
            model=MODEL, messages=messages, stream=True, **parameters
        ) as chunks:
            return gather(chunks).text
    answer = client.chat.completions.create(model=MODEL, messages=messages, **parameters)
    return str(answer.choices[0].message.content)


def called(arguments: str) -> dict[str, Any]:
    """A message of the history in which the model called a tool."""
    function = {"name": "save_contact", "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }


@_STREAMED
def test_tool_results_are_not_skipped(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """Values that stand in a tool's result alone do not reach the model, and come back in its answer."""
    capture.script = replies.echo
    result = {"role": "tool", "tool_call_id": "call_1", "content": ANNA.letter}
    messages = [user("Who was it?"), called("{}"), result]
    assert answer_to(connect(gateway), messages, stream=stream) == f"You wrote: {ANNA.letter}"
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []


@_STREAMED
def test_arguments_in_history_are_not_sent_in_clear(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """Calls of a history that this gateway never saw before leave redacted, and as JSON."""
    capture.script = replies.fixed("Saved.")
    arguments = orjson.dumps({"letter": ANNA.letter, "by": [ROBERT.email, 3]}).decode()
    messages = [
        user("Save it."),
        called(arguments),
        {"role": "tool", "tool_call_id": "call_1", "content": "ok"},
    ]
    assert answer_to(connect(gateway), messages, stream=stream) == "Saved."
    assert traces((*ANNA.values, ROBERT.email), bytes(capture.seen.wire)) == []
    sent = orjson.loads(capture.prompts[0].json["messages"][1]["tool_calls"][0]["function"]["arguments"])
    assert sent["by"][1] == 3


@_STREAMED
def test_two_people_do_not_get_each_others_values(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """A model that names two people in the other order, and one of them twice, names the right ones."""

    def turned_round(request: Received) -> Reply:
        first, second = request.last_text.removeprefix("Compare ").removesuffix(" please.").split(" with ")
        return replies.spoken(request, f"It is {second} rather than {first}, so {second}.")

    capture.script = turned_round
    text = f"Compare {ANNA.email} with {ROBERT.email} please."
    answer = answer_to(connect(gateway), [user(text)], stream=stream)
    assert answer == f"It is {ROBERT.email} rather than {ANNA.email}, so {ROBERT.email}."


def test_stream_switches_nothing_off(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """Streamed or not, the model sees the same prompt and the record has the same counts."""
    capture.script = replies.fixed(f"Ask {STRANGER.email}.")
    client = connect(gateway)
    plain, streamed = (answer_to(client, [user(ANNA.letter)], stream=stream) for stream in (False, True))
    first, second = capture.prompts
    assert first.json["messages"] == second.json["messages"]
    assert traces(ANNA.values, first.body + second.body) == []
    assert STRANGER.email not in plain + streamed
    counts = []
    for prompt in (first, second):
        intent, outcome = gateway.entries(prompt.headers["x-request-id"])
        assert intent.record.redaction is not None
        assert outcome.record.redaction is not None
        counts.append((intent.record.redaction.counts, outcome.record.redaction.counts))
    assert counts[0] == counts[1]
    assert all(sum(each.values()) for each in counts[0])


@_STREAMED
def test_requests_side_by_side_do_not_mix(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """Sixteen callers at once, whose prompts differ by one value, each get their own value back."""
    capture.script = replies.echo
    client = connect(gateway)
    texts = [f"Write to customer{number}@example.com at once." for number in range(16)]

    def asked(text: str) -> str:
        return answer_to(client, [user(text)], stream=stream)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(asked, texts))
    assert answers == [f"You wrote: {text}" for text in texts]
    assert b"@example.com" not in bytes(capture.seen.wire)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_restored_values_are_not_masked_again(
    gateway: RunningGateway, capture: Capture, connect: Connect, size: int
) -> None:
    """What comes back is not taken for the model's own, next to what is, in pieces of any size."""

    def script(request: Received) -> Reply:
        said = f"{request.last_text}{STRANGER.email} {request.last_text}"
        return replies.events(replies.deltas([said[at : at + size] for at in range(0, len(said), size)]))

    capture.script = script
    own = f"{ANNA.email} and {ANNA.iban}, "
    answer = ask_streamed(connect(gateway), own).text
    assert re.sub(r"\[EMAIL_ADDRESS\w*\]", "[made up]", answer) == f"{own}[made up] {own}"


def test_one_held_value_does_not_hold_the_stream(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """Words after a placeholder come as they are made: the stream does not collapse into one event."""
    words = " and so it goes on in small steps" * 10

    def script(request: Received) -> Reply:
        return replies.events(replies.deltas(replies.in_threes(f"{request.last_text} is right{words}")))

    capture.script = script
    gathered = ask_streamed(connect(gateway), ANNA.email)
    assert gathered.text == f"{ANNA.email} is right{words}"
    assert gathered.events > 60


@_STREAMED
def test_placeholders_do_not_change_with_what_comes_later(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """New people and other parameters in a later turn leave the tokens of the first as they were."""
    capture.script = replies.echo
    client = connect(gateway)
    history: list[Any] = [user(f"I am at {ANNA.email}.")]
    answer = answer_to(client, history, stream=stream)
    history += [{"role": "assistant", "content": answer}, user(f"And {ROBERT.letter}")]
    answer_to(client, history, stream=stream, temperature=0.1, max_tokens=50)
    first, second = (prompt.json["messages"][0] for prompt in capture.prompts)
    assert first == second


def test_same_answer_for_plain_and_streamed(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """A caller reads the same text either way, own values and masks included."""

    def script(request: Received) -> Reply:
        return replies.spoken(request, f"{request.last_text} -- {STRANGER.letter}")

    capture.script = script
    client = connect(gateway)
    assert ask(client, ANNA.letter) == ask_streamed(client, ANNA.letter).text
