"""The openai SDK, as departments use it: its exceptions, its retries, its request ids, its model list."""

import asyncio
from collections.abc import Callable

import openai
import pytest
from openai import OpenAI

from tests.scenarios import replies
from tests.scenarios.capture import Capture, Reply
from tests.scenarios.configuration import MODEL
from tests.scenarios.conftest import Connect
from tests.scenarios.conversation import SAVE_CONTACT, ask, ask_streamed, user
from tests.scenarios.people import ANNA, traces
from tests.scenarios.running import RunningGateway

_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
_SECRET = "AKIA" + "IOSFODNN7EXAMPLE"


def _asks(stream: bool) -> Callable[..., object]:
    return ask_streamed if stream else ask


def _refusals(client: OpenAI, stream: bool) -> dict[str, Callable[[], object]]:
    chat = client.chat.completions.create
    return {
        "AuthenticationError": lambda: _asks(stream)(client.with_options(api_key="wrong"), "hello"),
        "PermissionDeniedError": lambda: _asks(stream)(client, f"aws_access_key_id={_SECRET}"),
        "NotFoundError": lambda: chat(model="other", messages=[user("hello")], stream=stream),
        "BadRequestError": lambda: _asks(stream)(client, "hello", extra_body={"custom": 1}),
    }


@_STREAMED
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("AuthenticationError", (401, "invalid_api_key")),
        ("PermissionDeniedError", (403, "access_denied")),
        ("NotFoundError", (404, "model_not_found")),
        ("BadRequestError", (400, "unsupported_parameter")),
    ],
)
def test_refusal_is_told_once(  # noqa: PLR0913, PLR0917  three fixtures and a refusal
    gateway: RunningGateway,
    capture: Capture,
    connect: Connect,
    name: str,
    told: tuple[int, str],
    stream: bool,
) -> None:
    """Each refusal is the SDK's own exception, carries code and request id, and is not tried again."""
    before = len(gateway.entries())
    with pytest.raises(getattr(openai, name)) as refused:
        _refusals(connect(gateway), stream)[name]()
    error = refused.value
    assert (error.status_code, error.code) == told
    assert error.request_id
    assert error.request_id in {entry.record.request_id for entry in gateway.entries()}
    assert len(gateway.entries()) == before + 1
    assert capture.prompts == []


@_STREAMED
def test_passing_trouble_is_tried_again(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """A model server that is away for a moment costs the caller nothing: the SDK tries again by itself."""
    capture.script = replies.sequence(lambda _request: Reply((b"{}",), status=503), replies.echo)
    text = "hello"
    answer = ask_streamed(connect(gateway), text).text if stream else ask(connect(gateway), text)
    assert answer == f"You wrote: {text}"
    assert len(capture.prompts) == 2
    ids = [prompt.headers["x-request-id"] for prompt in capture.prompts]
    assert len(set(ids)) == 2


def test_lasting_trouble_is_an_exception(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """A model server that stays away is InternalServerError 503 after the SDK's own retries."""
    capture.script = lambda _request: Reply((b"{}",), status=503)
    with pytest.raises(openai.InternalServerError) as failed:
        ask(connect(gateway, max_retries=1), "hello")
    assert (failed.value.status_code, failed.value.code) == (503, "backend_unavailable")
    assert len(capture.prompts) == 2


def test_stream_that_fails_is_an_exception(
    gateway: RunningGateway, capture: Capture, connect: Connect
) -> None:
    """A stream that breaks is an APIError in the SDK, never an answer that looks complete."""
    half = replies.events(replies.deltas(replies.in_threes("All is well with you.")))
    capture.script = lambda _request: Reply(half.pieces[:4], content_type=half.content_type, end="cut")
    with pytest.raises(openai.APIError) as failed:
        ask_streamed(connect(gateway), "hello")
    assert failed.value.code == "upstream_failed"
    assert len(capture.prompts) == 1


@pytest.mark.parametrize(
    ("department", "models"),
    [
        ("retail", {"northwind-base", "support-tone"}),
        ("product", {"northwind-base", "support-tone"}),
        ("it", {"northwind-base", "support-tone"}),
        ("legal", {"northwind-base"}),
    ],
)
def test_model_list(gateway: RunningGateway, connect: Connect, department: str, models: set[str]) -> None:
    """Each department is shown the models that it may discover, with their owners, and no others."""
    listed = connect(gateway, department).models.list()
    found = {model.id: model.owned_by for model in listed}
    owners = {"northwind-base": "it", "support-tone": "product"}
    assert found == {name: owners[name] for name in models}
    (entry,) = gateway.entries(listed._request_id or "")
    assert entry.record.action == "discover"


@_STREAMED
def test_headers_of_an_answer(
    gateway: RunningGateway, capture: Capture, connect: Connect, stream: bool
) -> None:
    """An answer carries request id, decision, policy revision and receipt, before its first event."""
    capture.script = replies.echo
    raw = connect(gateway).chat.completions.with_raw_response.create(
        model=MODEL, messages=[user("hello")], stream=stream
    )
    headers = raw.headers
    raw.http_response.close()
    assert raw.status_code == 200
    assert headers["x-request-id"] == headers["request-id"]
    assert all(headers[f"x-custody-{name}"] for name in ("decision-id", "policy-revision", "receipt"))
    assert headers["content-type"].split(";")[0] == ("text/event-stream" if stream else "application/json")
    assert "server" not in headers


def test_request_id_of_a_parsed_answer(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """The id that the SDK shows of an answer is the one on record."""
    capture.script = replies.echo
    answer = connect(gateway).chat.completions.create(model=MODEL, messages=[user("hello")])
    assert len(gateway.entries(answer._request_id or "")) == 2
    assert answer.usage is not None
    assert answer.usage.total_tokens == 18


def test_stream_helper_of_the_sdk(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """The SDK's streaming helper puts text together as the caller expects it."""
    capture.script = replies.echo
    with connect(gateway).chat.completions.stream(model=MODEL, messages=[user(ANNA.letter)]) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == f"You wrote: {ANNA.letter}"
    assert traces(ANNA.values, bytes(capture.seen.wire)) == []


def test_tool_helper_of_the_sdk(gateway: RunningGateway, capture: Capture, connect: Connect) -> None:
    """Tool calls parse into the SDK's types with the caller's own values in the arguments."""
    capture.script = replies.calling
    answer = connect(gateway).chat.completions.create(
        model=MODEL, messages=[user(ANNA.letter)], tools=[SAVE_CONTACT], tool_choice="auto"
    )
    (call,) = answer.choices[0].message.tool_calls or ()
    assert call.type == "function"
    assert ANNA.email in call.function.arguments
    assert answer.choices[0].finish_reason == "tool_calls"


async def test_asynchronous_client(gateway: RunningGateway, capture: Capture) -> None:
    """Many calls at once on one asynchronous client each get their own values."""
    capture.script = replies.echo
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key("retail")) as client:
        texts = [f"Write to customer{number}@example.com, please." for number in range(20)]
        answers = await _all_at_once(client, texts)
    assert answers == [f"You wrote: {text}" for text in texts]
    assert b"@example.com" not in capture.seen.wire


async def _all_at_once(client: openai.AsyncOpenAI, texts: list[str]) -> list[str]:
    async def one(text: str) -> str:
        answer = await client.chat.completions.create(model=MODEL, messages=[user(text)])
        return str(answer.choices[0].message.content)

    return list(await asyncio.gather(*map(one, texts)))
