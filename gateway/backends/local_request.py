"""What a chat completion asks of the local model, and the refusal of what that model cannot do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from gateway.domain import JsonObject, JsonValue
from gateway.errors import InvalidBody, UnsupportedParameter

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
# What changes nothing here. A seed is OpenAI's "best effort"; a batch shares its random numbers.
_IGNORED = frozenset(
    {"messages", "model", "stream", "stream_options", "user", "metadata", "store", "service_tier", "seed"}
    | {"max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "cache_salt"}
    | {"parallel_tool_calls", "safety_identifier", "prompt_cache_key"}
)
# Values with which a parameter asks for nothing.
_NEUTRAL: Mapping[str, tuple[JsonValue, ...]] = {
    "n": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
}


@dataclass(frozen=True, slots=True, repr=False)
class Generation:
    """One answer to generate; a ``temperature`` of 0 always takes the likeliest token."""

    messages: tuple[tuple[str, str], ...]
    max_tokens: int
    temperature: float
    top_p: float
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a body says nothing, and the bound on tokens."""

    max_tokens: int
    temperature: float
    top_p: float


def parse_generation(body: JsonObject, defaults: Defaults) -> Generation:
    """What ``body`` asks for.

    Raises ``UnsupportedParameter`` for what the model cannot do and ``InvalidBody`` for a wrong value.
    """
    for name, value in body.items():
        _refuse_unmet(name, value)
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or defaults.max_tokens
    temperature = _number(body, "temperature", defaults.temperature, highest=2)
    return Generation(
        messages=_messages(body),
        max_tokens=min(_count(limit), defaults.max_tokens),
        temperature=temperature,
        top_p=_number(body, "top_p", defaults.top_p, highest=1),
        stops=_stops(body.get("stop")),
    )


def _refuse_unmet(name: str, value: JsonValue) -> None:
    if name in _IGNORED or value is None or value in _NEUTRAL.get(name, ()):
        return
    raise UnsupportedParameter(
        f"The local model cannot do what `{name}` asks; leave it out, or use another model.", param=name
    )


def _messages(body: JsonObject) -> tuple[tuple[str, str], ...]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InvalidBody("`messages` must be a list with at least one message.", param="messages")
    return tuple(map(_message, messages))


def _message(message: JsonValue) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise InvalidBody("Each message must be an object.", param="messages")
    role = message.get("role")
    if not isinstance(role, str) or role not in _ROLES or message.get("tool_calls"):
        raise UnsupportedParameter(
            "The local model knows the roles system, developer, user and assistant, and no tools.",
            param="messages",
        )
    return _ROLES[role], _text(message.get("content"))


def _text(content: JsonValue) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise InvalidBody("A message's content must be text or a list of parts.", param="messages")
    return "".join(map(_part_text, content))


def _part_text(part: JsonValue) -> str:
    text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
    if not isinstance(text, str):
        raise UnsupportedParameter("The local model reads text parts only.", param="messages")
    return text


def _stops(stop: JsonValue) -> tuple[str, ...]:
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(text, str) for text in stops):
        raise InvalidBody("`stop` must be a text or a list of texts.", param="stop")
    return tuple(cast("list[str]", stops))


def _number(body: JsonObject, name: str, default: float, *, highest: float) -> float:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
        raise InvalidBody(f"`{name}` must be a number from 0 to {highest}.", param=name)
    return float(value)


def _count(value: JsonValue) -> int:
    if type(value) is not int or value < 1:
        raise InvalidBody("`max_tokens` must be a whole number above 0.", param="max_tokens")
    return value
