"""A chat request: every text in it, and its body with other texts in their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from redaction.jsontypes import JsonObject, JsonValue
from redaction.walk.messages import MESSAGE
from redaction.walk.parameters import REQUEST
from redaction.walk.table import Pen, putting, taking

_INSTRUCTING: Final = ("system", "developer")


@dataclass(frozen=True, slots=True, repr=False)
class RequestWalk:
    """What a chat request holds.

    ``texts`` are all texts to scan; ``opening`` those of the instructions and of the first user message,
    which identify the conversation.
    """

    texts: tuple[str, ...]
    opening: tuple[str, ...]
    stream: bool
    wants_usage: bool
    tools: bool
    max_tokens: int | None
    body: JsonObject

    def rebuild(self, texts: Sequence[str]) -> JsonObject:
        """The body to forward, with ``texts`` in the places of ``self.texts``.

        ``model``, ``stream`` and ``stream_options`` are not in it. Raises ``ValueError`` unless there are as
        many texts as places.
        """
        return _forwarded(self.body, putting(texts, len(self.texts)))


def chat_request(body: JsonObject) -> RequestWalk:
    """The walk of a chat completion's body, which must not be changed while the walk is in use.

    Raises ``UnknownField``, ``InvalidField`` or ``UnscannableContent``.
    """
    texts: list[str] = []
    _forwarded(body, taking(texts))
    options = body.get("stream_options")
    return RequestWalk(
        texts=tuple(texts),
        opening=_opening(body["messages"]),
        stream=body.get("stream") is True,
        wants_usage=isinstance(options, dict) and options.get("include_usage") is True,
        tools=bool(body.get("tools") or body.get("functions")),
        max_tokens=_max_tokens(body),
        body=body,
    )


def _forwarded(body: JsonObject, pen: Pen) -> JsonObject:
    # The rule of a whole body is a record, so what it gives is an object.
    return cast("JsonObject", REQUEST(body, pen))


def _opening(messages: JsonValue) -> tuple[str, ...]:
    texts: list[str] = []
    take, greeted = taking(texts), False
    for message in cast("list[JsonObject]", messages):
        role = message["role"]
        if role in _INSTRUCTING or (role == "user" and not greeted):
            MESSAGE(message, take)
            greeted = greeted or role == "user"
    return tuple(texts)


def _max_tokens(body: JsonObject) -> int | None:
    limits = (body.get("max_completion_tokens"), body.get("max_tokens"))
    given = [limit for limit in limits if isinstance(limit, int)]
    # A server may go by either, so the policy is told the larger.
    return max(given, default=None)
