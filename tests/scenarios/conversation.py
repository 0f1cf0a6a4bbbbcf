"""What a caller makes of answers: text, tool calls and usage, whole or streamed, and turn after turn."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from openai import OpenAI
from openai.types.chat import ChatCompletionChunk

from tests.scenarios.configuration import MODEL

SAVE_CONTACT: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "save_contact",
        "description": "Saves how to reach a customer.",
        "parameters": {"type": "object", "properties": {"letter": {"type": "string"}}},
    },
}


@dataclass(slots=True)
class Gathered:
    """A stream put together again."""

    texts: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    arguments: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    call_ids: list[str] = field(default_factory=list)
    finishes: list[str] = field(default_factory=list)
    usages: int = 0
    events: int = 0

    @property
    def text(self) -> str:
        """The text of the first choice."""
        return self.texts[0]


def gather(stream: Iterable[ChatCompletionChunk]) -> Gathered:
    """Reads a stream to its end."""
    gathered = Gathered()
    for chunk in stream:
        gathered.events += 1
        gathered.usages += chunk.usage is not None
        for choice in chunk.choices:
            gathered.texts[choice.index] += choice.delta.content or ""
            if choice.finish_reason is not None:
                gathered.finishes.append(choice.finish_reason)
            for call in choice.delta.tool_calls or ():
                gathered.call_ids += [call.id] if call.id else []
                if call.function is not None:
                    gathered.arguments[call.index] += call.function.arguments or ""
    return gathered


def ask(client: OpenAI, text: str, **parameters: Any) -> str:
    """The whole answer to one message."""
    answer = client.chat.completions.create(model=MODEL, messages=[user(text)], **parameters)
    return str(answer.choices[0].message.content)


def ask_streamed(client: OpenAI, text: str, **parameters: Any) -> Gathered:
    """The streamed answer to one message."""
    with client.chat.completions.create(
        model=MODEL, messages=[user(text)], stream=True, **parameters
    ) as stream:
        return gather(stream)


def user(text: str) -> Any:
    """A message of the caller."""
    return {"role": "user", "content": text}


class Talk:
    """A conversation that carries its own history, as SDK programs do."""

    def __init__(self, client: OpenAI, *, stream: bool) -> None:
        self._client = client
        self._stream = stream
        self.messages: list[Any] = []

    def say(self, text: str) -> str:
        """One turn; gives the answer's text."""
        self.messages.append(user(text))
        answer = self._text()
        self.messages.append({"role": "assistant", "content": answer})
        return answer

    def call_tool(self, text: str) -> str:
        """One turn in which the model calls a tool, and its result; gives the arguments of the call."""
        self.messages.append(user(text))
        call_id, arguments = self._call()
        function = {"name": "save_contact", "arguments": arguments}
        call = {"id": call_id, "type": "function", "function": function}
        self.messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": f"Saved: {arguments}"})
        return arguments

    def _text(self) -> str:
        if self._stream:
            with self._client.chat.completions.create(
                model=MODEL, messages=self.messages, stream=True
            ) as stream:
                return gather(stream).text
        answer = self._client.chat.completions.create(model=MODEL, messages=self.messages)
        return str(answer.choices[0].message.content)

    def _call(self) -> tuple[str, str]:
        asked: dict[str, Any] = {"model": MODEL, "messages": self.messages, "tools": [SAVE_CONTACT]}
        if self._stream:
            with self._client.chat.completions.create(**asked, stream=True) as stream:
                gathered = gather(stream)
            return gathered.call_ids[0], gathered.arguments[0]
        call = self._client.chat.completions.create(**asked).choices[0].message.tool_calls[0]
        return call.id, call.function.arguments
