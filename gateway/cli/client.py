"""The least of an HTTP client that commands need to talk to a gateway."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import cast

import orjson

from gateway.domain import JsonObject

_PATIENCE_S = 180  # a small model on a processor takes its time


class Unreachable(Exception):
    """No gateway answers."""


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What a gateway answered."""

    status: int
    request_id: str
    body: JsonObject

    @property
    def error(self) -> JsonObject:
        """The error object; empty for an answer."""
        return cast("JsonObject", self.body.get("error", {}))

    @property
    def text(self) -> str:
        """What the model said."""
        choices = cast("list[dict[str, dict[str, str]]]", self.body.get("choices", []))
        return choices[0]["message"]["content"] if choices else ""


class Client:
    """Calls one gateway."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise Unreachable(f"{url} is not the address of a gateway")
        self._url = url.rstrip("/")

    def chat(self, key: str, body: JsonObject, headers: Mapping[str, str] | None = None) -> Reply:
        """One chat completion; a refusal is a reply as well."""
        return self.post("/v1/chat/completions", key, body, headers)

    def post(self, path: str, key: str, body: JsonObject, headers: Mapping[str, str] | None = None) -> Reply:
        """One request to any door of the gateway; a refusal is a reply as well."""
        sent = {"authorization": f"Bearer {key}", "content-type": "application/json", **(headers or {})}
        request = urllib.request.Request(f"{self._url}{path}", orjson.dumps(body), sent)  # noqa: S310  http(s) only, checked above
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310  as above
                return _reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return _reply(refusal.code, refusal.headers, refusal.read())
        except (urllib.error.URLError, TimeoutError) as error:
            raise Unreachable(f"No gateway answers at {self._url} ({error}).") from error


def _reply(status: int, headers: Message, content: bytes) -> Reply:
    return Reply(status, headers.get("x-request-id", ""), cast("JsonObject", orjson.loads(content)))
