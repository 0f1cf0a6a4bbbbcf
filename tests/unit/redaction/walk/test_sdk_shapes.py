"""What the official client can send, made out of its own types, against what the table knows."""

import types
from collections.abc import Iterator
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

import pytest
from openai.types.chat import completion_create_params as sdk

# The client makes its types with this backport, whose typed dictionaries the standard library does not know.
from typing_extensions import get_type_hints, is_typeddict

from redaction import walk
from redaction.errors import UnscannableContent, WalkError

MARKER = "marker7f"
# What a client may ask for and is told plainly that it cannot have.
REFUSED = {
    "audio", "an image", "a file", "any modality but text", "token ids", "what a search provider is sent",
    "what a moderation service is sent", "the probabilities of other texts than the reply's",
}  # fmt: skip
# The client's types leave these open where the protocol does not.
LOOSE: dict[str, Any] = {
    "tool_choice.allowed_tools.tools": {"type": "function", "function": {"name": MARKER}}
}


def examples(kind: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Values of a type that have each of its fields and alternatives once, and where each differs."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        yield from of_fields(kind, path)
    elif origin in (Required, NotRequired):
        yield from examples(arguments[0], path)
    elif origin in (Union, types.UnionType):
        for each in arguments:
            yield from examples(each, path)
    elif origin is Literal:
        yield from ((path, value) for value in arguments)
    elif path in LOOSE and origin is dict:
        yield path, LOOSE[path]
    elif origin is dict:
        yield path, {MARKER: next(examples(arguments[1], path))[1]}
    elif origin is not None:  # a list or an iterable
        yield from ((at, [value]) for at, value in examples(arguments[0], path))
    else:
        yield (
            path,
            {str: MARKER, bool: True, int: 1, float: 0.5, object: {MARKER: [MARKER]}, type(None): None}[kind],
        )


def of_fields(kind: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Objects of a typed dictionary: its required fields, and each other field beside them."""
    hints = get_type_hints(kind, include_extras=True)
    least = {
        name: next(examples(hint, f"{path}.{name}" if path else name))[1]
        for name, hint in hints.items()
        if name in kind.__required_keys__ or get_origin(hint) is Required
    }
    yield path, least
    for name, hint in hints.items():
        for at, value in examples(hint, f"{path}.{name}" if path else name):
            yield at, {**least, name: value}


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """A request for everything that the client's types know."""
    for kind in (sdk.CompletionCreateParamsNonStreaming, sdk.CompletionCreateParamsStreaming):
        for path, body in examples(kind, ""):
            yield path, {**body, "messages": body["messages"] or [{"role": "user", "content": "hello"}]}


def refusal(body: dict[str, Any]) -> WalkError | None:
    """Why a body is refused."""
    try:
        walk.chat_request(body)
    except WalkError as error:
        return error
    return None


BODIES = list(bodies())


def test_types_of_the_client_were_read() -> None:
    """The client's types give more than a handful of requests, down to the deepest object."""
    assert len(BODIES) > 150
    assert {"messages.tool_calls.function.arguments", "tools.function.parameters"} <= {
        path for path, _ in BODIES
    }


@pytest.mark.parametrize("path", sorted({path for path, _ in BODIES}))
def test_everything_the_client_can_send_is_known(path: str) -> None:
    """Each field of the client is forwarded, scanned or dropped, or refused as one that cannot be read."""
    errors = [refusal(body) for at, body in BODIES if at == path]
    for error in errors:
        assert error is None or (isinstance(error, UnscannableContent) and error.what in REFUSED), error


def test_most_of_what_the_client_can_send_is_accepted() -> None:
    """Only what nothing here can read is refused: three in four of these requests pass."""
    accepted = sum(refusal(body) is None for _, body in BODIES)
    assert accepted > 0.75 * len(BODIES)
