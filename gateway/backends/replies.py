"""What a model server may answer: the shapes of OpenAI's chat completions, checked before anyone reads on."""

from dataclasses import dataclass, field
from typing import cast

import orjson

from gateway.domain import JsonObject, JsonValue
from gateway.errors import UpstreamFailed


def failed(reason_admin: str) -> UpstreamFailed:
    """The error for an answer that is none; ``reason_admin`` is our own words, never the server's."""
    return UpstreamFailed(
        "The model server failed or did not answer as it should; try again, or tell the model's owner.",
        reason_admin=reason_admin,
    )


def parse_reply(body: bytes) -> JsonObject:
    """A whole reply: an object with at least one choice, each holding a message.

    Raises ``UpstreamFailed``, which never quotes the body: it may repeat the prompt.
    """
    document = _object(body)
    choices = _choices(document)
    if not choices:
        raise failed("the reply has no choice")
    for choice in choices:
        _check_text(choice.get("message"), "message")
    return document


@dataclass(slots=True)
class ChunkReader:
    """Reads the chunks of one stream and knows whether the answer is complete.

    It is when every choice that began has said why it ended.
    """

    _open: set[JsonValue] = field(default_factory=set)
    _begun: bool = False

    @property
    def begun(self) -> bool:
        """Whether any choice has come."""
        return self._begun

    @property
    def complete(self) -> bool:
        """Whether every choice that began has ended."""
        return self._begun and not self._open

    def read(self, event: bytes) -> JsonObject:
        """One chunk; raises ``UpstreamFailed`` as ``parse_reply`` does."""
        document = _object(event)
        for choice in _choices(document):
            _check_text(choice.get("delta"), "delta")
            self._follow(choice)
        return document

    def _follow(self, choice: dict[str, JsonValue]) -> None:
        index = choice.get("index", 0)
        if type(index) is not int:
            raise failed("a choice's index is not a number")
        self._begun = True
        if choice.get("finish_reason") is None:
            self._open.add(index)
        else:
            self._open.discard(index)


def _object(body: bytes) -> JsonObject:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        # The decoder's message carries the document.
        raise failed("not JSON") from None
    if not isinstance(document, dict):
        raise failed("not a JSON object")
    if document.get("error") is not None:
        raise failed("an error object in place of an answer")
    return document


def _choices(document: JsonObject) -> list[dict[str, JsonValue]]:
    choices = document.get("choices")
    if not isinstance(choices, list):
        raise failed("choices are not a list")
    for choice in choices:
        if not isinstance(choice, dict):
            raise failed("a choice is not an object")
    return cast("list[dict[str, JsonValue]]", choices)


def _check_text(message: JsonValue, name: str) -> None:
    if not isinstance(message, dict):
        raise failed(f"a choice's {name} is not an object")
    content = message.get("content")
    if content is not None and not isinstance(content, str):
        raise failed(f"the content of a {name} is not text")
