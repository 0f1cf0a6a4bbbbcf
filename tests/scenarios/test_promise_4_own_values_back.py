"""Promise 4: callers get their own values back, nobody else's, in whatever shape the answer comes."""

import difflib
import re
from itertools import pairwise

import orjson
import pytest

from tests.scenarios import replies
from tests.scenarios.capture import Capture, Received, Reply
from tests.scenarios.configuration import MODEL
from tests.scenarios.conftest import Connect
from tests.scenarios.conversation import Talk, ask, ask_streamed, gather, user
from tests.scenarios.people import ANNA, ROBERT, STRANGER, Person, traces
from tests.scenarios.running import RunningGateway

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
TURNS = 20


def seen_instead_of(person: Person, seen: str) -> list[str]:
    """What stood in the model's prompt where the letter of ``person`` has a value, in order."""
    pieces = [re.escape(piece) for piece in re.split("|".join(map(re.escape, person.values)), person.letter)]
    found = re.search("(.+?)".join(pieces[:-1]) + "(.+)$", seen)
    assert found is not None, difflib.ndiff([person.letter], [seen])
    return list(found.groups())


def _turn(number: int) -> str:
    """What the caller says in one turn: someone new now and then, and always a word on Anna."""
    if number == 0:
        return ANNA.letter
    if number % 5 == 0:
        return f"{ROBERT.letter} And what of {ANNA.name} ({ANNA.email})?"
    return f"Turn {number}: write to {ANNA.name} at {ANNA.email} again."


def _assert_history_is_stable(prompts: list[Received]) -> None:
    """Each prompt begins with the messages of the one before it, to the byte."""
    for earlier, later in pairwise(prompts):
        before, after = earlier.json["messages"], later.json["messages"]
        assert after[: len(before)] == before


@_STREAMED
def test_long_conversation(gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool) -> None:
    """Over 20 turns every value comes back, none leaves, and what the model saw before never changes."""
    capture.script = replies.echo
    talk = Talk(connect(gateway), stream=stream)
    for number in range(TURNS):
        assert talk.say(_turn(number)) == f"You wrote: {_turn(number)}"
    assert len(capture.prompts) == TURNS
    assert traces((*ANNA.values, *ROBERT.values), bytes(capture.seen.wire)) == []
    _assert_history_is_stable(capture.prompts)


@_STREAMED
def test_long_conversation_with_tools(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """Over 20 tool calls arguments come back whole, and history with calls and results leaves redacted."""
    capture.script = replies.calling
    talk = Talk(connect(gateway), stream=stream)
    for number in range(TURNS):
        assert orjson.loads(talk.call_tool(_turn(number))) == {"letter": _turn(number)}
    assert len(capture.prompts) == TURNS
    assert traces((*ANNA.values, *ROBERT.values), bytes(capture.seen.wire)) == []
    _assert_history_is_stable(capture.prompts)


def test_same_value_same_placeholder(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """One person has one placeholder in a prompt, two persons never share one, and neither do two values."""
    capture.script = replies.echo
    text = f"{ANNA.letter} {ROBERT.letter}"
    assert ask(connect(gateway), text) == f"You wrote: {text}"
    first_letter, second_letter = capture.prompts[0].last_text.split(" Dear team", 1)
    anna = seen_instead_of(ANNA, first_letter)
    robert = seen_instead_of(ROBERT, f"Dear team{second_letter}")
    for seen in (anna, robert):
        assert seen[0] == seen[-1]
        assert len(set(seen)) == 5
    assert not set(anna) & set(robert)


def test_departments_never_share_placeholders(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """The same letter has other placeholders for another department, and a foreign one never resolves."""
    capture.script = replies.echo
    for department in ("retail", "product"):
        assert ask(connect(gateway, department), ANNA.letter) == f"You wrote: {ANNA.letter}"
    retail, product = (seen_instead_of(ANNA, prompt.last_text) for prompt in capture.prompts)
    assert not set(retail) & set(product)
    stolen = f"Tell me who is {' and '.join(retail)}."
    for answer in (
        ask(connect(gateway, "product"), stolen),
        ask_streamed(connect(gateway, "product"), stolen).text,
    ):
        assert traces(ANNA.values, answer.encode()) == []


def test_foreign_placeholder_from_the_model(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """A placeholder of another department that the model brings up gives nothing away."""
    capture.script = replies.echo
    ask(connect(gateway, "retail"), ANNA.letter)
    leaked = capture.prompts[0].last_text
    capture.script = replies.fixed(leaked)
    client = connect(gateway, "product")
    for answer in (ask(client, ROBERT.letter), ask_streamed(client, ROBERT.letter).text):
        assert traces((*ANNA.values, *ROBERT.values), answer.encode()) == []


def test_other_conversation_of_the_department(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """What was said in one conversation does not come out in another one of the same department."""
    capture.script = replies.echo
    client = connect(gateway)
    ask(client, ANNA.letter)
    leaked = capture.prompts[0].last_text
    capture.script = replies.fixed(leaked)
    for answer in (ask(client, "Who was that?"), ask_streamed(client, "Who was that?").text):
        assert traces(ANNA.values, answer.encode()) == []


@_STREAMED
def test_what_the_model_makes_up_is_masked(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """Personal data that nobody gave is masked in the answer, while the caller's own comes back in it."""
    client = connect(gateway)
    stranger, own = STRANGER.letter, ANNA.letter

    def script(request: Received) -> Reply:
        return replies.spoken(request, f"{stranger} -- {request.last_text}")

    capture.script = script
    answer = ask_streamed(client, own).text if stream else ask(client, own)
    assert traces(STRANGER.values, answer.encode()) == []
    assert traces(ANNA.values, answer.encode()) == list(ANNA.values)
    assert answer.startswith("Dear team, my name is ")
    request_id = capture.prompts[-1].headers["x-request-id"]
    outcome = gateway.entries(request_id)[-1].record
    assert outcome.redaction is not None
    assert sum(outcome.redaction.counts.values()) >= 5


@_STREAMED
def test_what_the_model_makes_up_for_a_tool_is_masked(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """Made-up personal data in a tool call's arguments is masked, and they stay JSON."""
    arguments = orjson.dumps({"letter": STRANGER.letter, "count": 3}).decode()

    def script(request: Received) -> Reply:
        if not request.streams:
            return replies.whole([replies.tool_call(arguments)], finish="tool_calls")
        return replies.events(replies.tool_deltas(replies.characters(arguments)))

    capture.script = script
    received = Talk(connect(gateway), stream=stream).call_tool("Save the customer's contact.")
    assert orjson.loads(received)["count"] == 3
    assert traces(STRANGER.values, received.encode()) == []


@_STREAMED
def test_each_of_several_choices(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """Each of three choices is restored and masked by itself, their pieces interleaved."""

    def script(request: Received) -> Reply:
        return replies.spoken(request, f"{request.last_text} {STRANGER.email}")

    capture.script = script
    client = connect(gateway)
    if stream:
        texts = list(ask_streamed(client, ANNA.letter, n=3).texts.values())
    else:
        answer = client.chat.completions.create(model=MODEL, messages=[user(ANNA.letter)], n=3)
        texts = [str(choice.message.content) for choice in answer.choices]
    assert len(texts) == 3
    for text in texts:
        assert text.startswith(ANNA.letter)
        assert traces(STRANGER.values, text.encode()) == []


@_STREAMED
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "refusal"])
def test_other_texts_of_an_answer(
    gateway: RunningGateway, capture: Capture, connect: Connect, field: str, stream: bool
) -> None:
    """Reasoning and refusals are masked like the answer itself."""
    said = f"The customer might be {STRANGER.letter}"

    def script(request: Received) -> Reply:
        if not request.streams:
            return replies.whole([{"content": "ok", field: said}])
        chunks = replies.deltas(replies.characters(said))
        for chunk in chunks:
            delta = chunk["choices"][0]["delta"]
            if "content" in delta:
                delta[field] = delta.pop("content")
        return replies.events(chunks)

    capture.script = script
    client = connect(gateway)
    if stream:
        with client.chat.completions.create(model=MODEL, messages=[user("Who?")], stream=True) as chunks:
            received = "".join(
                str(getattr(choice.delta, field, None) or "") for chunk in chunks for choice in chunk.choices
            )
    else:
        answer = client.chat.completions.create(model=MODEL, messages=[user("Who?")])
        received = str(getattr(answer.choices[0].message, field, None) or "")
    assert traces(STRANGER.values, received.encode()) == []


def test_model_spells_a_placeholder_its_own_way(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """A placeholder in lower case, in bold, in quotes or with Markdown escapes still comes back."""

    def script(request: Received) -> Reply:
        token = seen_instead_of(ANNA, request.last_text)[1]
        escaped = re.sub(r"([_\[\]<>])", r"\\\1", token)
        return replies.spoken(request, f"1 {token.lower()} 2 **{token}** 3 '{token}' 4 {escaped} 5")

    capture.script = script
    client = connect(gateway)
    for answer in (ask(client, ANNA.letter), ask_streamed(client, ANNA.letter).text):
        assert answer.count(ANNA.email) == 4, answer


def test_stream_stays_a_stream(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """An answer of many pieces arrives as many events, the first of them before the last was made."""
    text = " ".join(f"word{number}" for number in range(200))
    capture.script = lambda _request: replies.events(
        replies.deltas(replies.in_threes(text))[:-1], pace_s=0.002, end="hang"
    )
    client = connect(gateway)
    events, received = 0, ""
    with client.chat.completions.create(model=MODEL, messages=[user("Talk")], stream=True) as stream:
        for chunk in stream:
            events += 1
            received += chunk.choices[0].delta.content or ""
            if events == 50:
                break
    assert text.startswith(received)


def test_text_beyond_ascii(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """Text of any script passes unharmed, cut between any two characters."""
    capture.script = replies.echo
    text = f"Grüße, 東京 🙂 👩‍👩‍👧, {ANNA.email}, ночь; e\u0301"
    client = connect(gateway)
    assert ask(client, text) == f"You wrote: {text}"
    assert ask_streamed(client, text).text == f"You wrote: {text}"
    assert traces((ANNA.email,), bytes(capture.seen.wire)) == []


def test_usage_of_a_stream(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """Token counts come in a stream exactly when asked for, and are on record either way."""
    capture.script = lambda _request: replies.events(
        replies.deltas(replies.in_threes("Thank you very much."), usage=True)
    )
    client = connect(gateway)
    asked = ask_streamed(client, "hello", stream_options={"include_usage": True})
    with client.chat.completions.create(model=MODEL, messages=[user("hello")], stream=True) as stream:
        unasked = gather(stream)
    assert (asked.usages, unasked.usages) == (1, 0)
    for prompt in capture.prompts:
        result = gateway.entries(prompt.headers["x-request-id"])[-1].record.result
        assert result is not None
        assert (result.prompt_tokens, result.completion_tokens) == (11, 7)
