"""One chunk of a streamed chat reply: the text that it adds, by channel, and what of it is delivered."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from redaction.errors import InvalidField
from redaction.jsontypes import JsonObject, JsonValue
from redaction.walk.chat_reply import FINISH_REASONS, USAGE, identifier
from redaction.walk.table import Pen, Rule, array, idle, integer, number, record, text, word

Kind: TypeAlias = Literal["content", "reasoning", "refusal", "arguments"]

# The channel of the legacy ``function_call``, which has no place in a list of tool calls.
FUNCTION_CALL: Final = -1


@dataclass(frozen=True, slots=True)
class Channel:
    """A text that a stream writes piece by piece; ``tool`` is the tool call's place, for arguments alone."""

    choice: int
    kind: Kind
    tool: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Delta:
    """A piece of a channel's text; ``json`` says that the channel is JSON source."""

    channel: Channel
    text: str
    json: bool


@dataclass(frozen=True, slots=True, repr=False)
class ChunkWalk:
    """What a chunk holds; ``finished`` are the choices that end in it, ``usage`` says that it has counts.

    ``names`` are ids and names of the tools called: they come whole, in one chunk, and belong to no channel.
    """

    deltas: tuple[Delta, ...]
    names: tuple[str, ...]
    finished: tuple[int, ...]
    usage: bool
    checked: JsonObject

    def rebuild(self, texts: Sequence[str], names: Sequence[str] | None = None) -> JsonObject:
        """The chunk to deliver, with ``texts`` in the places of ``self.deltas``; an empty one is left out.

        ``names`` replace ``self.names``, which stay when none are given. A choice of which nothing is left is
        left out. Raises ``ValueError`` unless there are as many texts as deltas, and as many names as names.
        To be called once: it makes the chunk out of the walk's own copy.
        """
        names = self.names if names is None else names
        chunk = self.checked
        for (slot, _), put in zip(_slots(chunk), texts, strict=True):
            if put:
                slot.holder[slot.field] = put
            else:
                del slot.holder[slot.field]
        for slot, name in zip(_names(chunk), names, strict=True):
            slot.holder[slot.field] = name
        _prune(chunk)
        return chunk


def chat_chunk(body: JsonObject) -> ChunkWalk:
    """The walk of a chunk; raises ``InvalidField``."""
    chunk = _checked(body)
    deltas = [Delta(channel, slot.text, channel.kind == "arguments") for slot, channel in _slots(chunk)]
    names = [slot.text for slot in _names(chunk)]
    return ChunkWalk(tuple(deltas), tuple(names), _finished(chunk), "usage" in chunk, chunk)


def plain_delta(body: JsonObject) -> tuple[int, Kind, str] | None:
    """Choice, kind and text of a chunk that holds one piece of text and ends nothing; None for any other.

    Such a chunk needs no walk where only that text is delivered of it.
    """
    choices = body.get("choices")
    if type(choices) is not list or len(choices) != 1 or body.get("usage") is not None:
        return None
    choice = choices[0]
    if type(choice) is not dict or choice.get("finish_reason") is not None:
        return None
    index, delta = choice.get("index"), choice.get("delta")
    if type(index) is not int or type(delta) is not dict:
        return None
    said: tuple[int, Kind, str] | None = None
    for name, value in delta.items():
        if value is None or (name == "role" and value == "assistant"):
            continue
        kind = _KIND_OF.get(name)
        if said is not None or kind is None or type(value) is not str:
            return None
        said = (index, kind, value)
    return said


def chunk_for(envelope: JsonObject, channel: Channel, text: str) -> JsonObject:
    """A chunk that adds ``text`` to ``channel``; of ``envelope`` it takes id, object, created and model."""
    delta: JsonObject
    if channel.kind != "arguments":
        delta = {_FIELD_OF[channel.kind]: text}
    elif channel.tool == FUNCTION_CALL:
        delta = {"function_call": {"arguments": text}}
    else:
        delta = {"tool_calls": [{"index": channel.tool, "function": {"arguments": text}}]}
    choice: JsonObject = {"index": channel.choice, "delta": delta, "finish_reason": None}
    return {**_envelope(envelope), "choices": [choice]}


@dataclass(frozen=True, slots=True, repr=False)
class _Slot:
    """The place of a text in a checked copy of a chunk."""

    holder: JsonObject
    field: str

    @property
    def text(self) -> str:
        return cast("str", self.holder[self.field])


def _slots(chunk: JsonObject) -> list[tuple[_Slot, Channel]]:
    """Where each piece of text stands in a checked chunk, and in which channel."""
    slots: list[tuple[_Slot, Channel]] = []
    for choice in _objects(chunk, "choices"):
        index = cast("int", choice["index"])
        delta = _object(choice, "delta")
        for kind, field in _FIELD_OF.items():
            if field in delta:
                slots.append((_Slot(delta, field), Channel(index, kind)))
        for call in _objects(delta, "tool_calls"):
            function = _object(call, "function")
            if "arguments" in function:
                place = cast("int", call["index"])
                slots.append((_Slot(function, "arguments"), Channel(index, "arguments", place)))
        legacy = _object(delta, "function_call")
        if "arguments" in legacy:
            slots.append((_Slot(legacy, "arguments"), Channel(index, "arguments", FUNCTION_CALL)))
    return slots


def _names(chunk: JsonObject) -> list[_Slot]:
    """Where ids and names of called tools stand in a checked chunk."""
    deltas = [_object(choice, "delta") for choice in _objects(chunk, "choices")]
    calls = [call for delta in deltas for call in _objects(delta, "tool_calls")]
    named = [*(_object(call, "function") for call in calls), *(_object(d, "function_call") for d in deltas)]
    ids = [_Slot(call, "id") for call in calls if "id" in call]
    return ids + [_Slot(function, "name") for function in named if "name" in function]


def _finished(chunk: JsonObject) -> tuple[int, ...]:
    ended = [choice for choice in _objects(chunk, "choices") if choice.get("finish_reason") is not None]
    return tuple(cast("int", choice["index"]) for choice in ended)


def _prune(chunk: JsonObject) -> None:
    """Takes out calls, deltas and choices of which nothing is left."""
    for choice in _objects(chunk, "choices"):
        delta = _object(choice, "delta")
        calls: list[JsonValue] = [call for call in _objects(delta, "tool_calls") if _says_something(call)]
        if "tool_calls" in delta:
            delta["tool_calls"] = calls
        choice["delta"] = {name: value for name, value in delta.items() if value not in ({}, [])}
    given = _objects(chunk, "choices")
    chunk["choices"] = [
        choice for choice in given if choice["delta"] or choice.get("finish_reason") is not None
    ]


def _says_something(call: JsonObject) -> bool:
    function = _object(call, "function")
    if "id" in call or "name" in function:
        # Clients add arguments up from the first piece of a call on, so it has some, if empty.
        function.setdefault("arguments", "")
        return True
    return bool(function)


def _objects(holder: JsonObject, field: str) -> list[JsonObject]:
    return cast("list[JsonObject]", holder.get(field, []))


def _object(holder: JsonObject, field: str) -> JsonObject:
    return cast("JsonObject", holder.get(field) or {})


def _envelope(body: JsonObject) -> JsonObject:
    return {name: body[name] for name in ("id", "object", "created", "model") if name in body}


def _checked(body: JsonObject) -> JsonObject:
    """A copy of a chunk with known fields alone, each of the type it should be, and no nulls in deltas."""
    return cast("JsonObject", _CHUNK(body, idle))


def _place(value: JsonValue, pen: Pen) -> JsonValue:
    if type(value) is not int or not 0 <= value < _MOST_PLACES:
        raise InvalidField("", f"an integer from 0 to {_MOST_PLACES - 1}")
    return integer(value, pen)


def _name(value: JsonValue, pen: Pen) -> JsonValue:
    del pen
    # Brackets, for a placeholder may stand for a name.
    if type(value) is not str or not _NAME.fullmatch(value):
        raise InvalidField("", "a name")
    return value


def _given(rule: Rule) -> Rule:
    """An object without its nulls."""

    def without_nulls(value: JsonValue, pen: Pen) -> JsonValue:
        given = cast("JsonObject", rule(value, pen))
        return {name: each for name, each in given.items() if each is not None}

    return without_nulls


def _delta(value: JsonValue, pen: Pen) -> JsonValue:
    """A delta; servers name reasoning in two ways, or in both at once, and it is said once."""
    delta = cast("JsonObject", _DELTA(value, pen))
    if "reasoning" in delta:
        reasoning = delta.pop("reasoning")
        delta["reasoning_content"] = delta.get("reasoning_content") or reasoning
    return delta


def _open(*required: str, **fields: Rule) -> Rule:
    return record(fields, required=required, open_ended=True)


_MOST_PLACES: Final = 1024
_NAME: Final = re.compile(r"[A-Za-z0-9_.:\-\[\]]{0,256}")
_FIELD_OF: Final[dict[Kind, str]] = {
    "reasoning": "reasoning_content",
    "content": "content",
    "refusal": "refusal",
}
_KIND_OF: Final[dict[str, Kind]] = {
    "content": "content",
    "reasoning_content": "reasoning",
    "reasoning": "reasoning",
    "refusal": "refusal",
}
_CALLED: Final = _given(_open(name=_name, arguments=text))
_CALL: Final = _given(_open("index", index=_place, id=_name, type=word("function"), function=_CALLED))
_DELTA: Final = _given(
    _open(
        role=word("assistant"),
        content=text,
        refusal=text,
        reasoning=text,
        reasoning_content=text,
        tool_calls=array(_CALL),
        function_call=_CALLED,
    )
)
_CHOICE: Final = _open("index", index=_place, delta=_delta, finish_reason=word(*FINISH_REASONS))
_CHUNK: Final = _given(
    _open(
        "choices",
        id=identifier,
        object=word("chat.completion.chunk"),
        created=number,
        model=identifier,
        choices=array(_CHOICE),
        usage=USAGE,
    )
)
