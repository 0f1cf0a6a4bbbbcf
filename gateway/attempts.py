"""Idempotency keys: a call that is sent again is not forwarded again while the first runs or was answered."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from audit.attempts import BODY, Earlier
from audit.entry import Facts
from audit.schema import ATTEMPT
from gateway.errors import AlreadyAnswered, BadRequest, IdempotencyKeyReused, RequestInProgress

HEADER = "idempotency-key"
# For how long a key is remembered.
_KEPT_US = 24 * 3600 * 1_000_000
_LONGEST = 255
_DIGEST = 16


class AttemptLog(Protocol):
    """Remembers attempts, in the order in which their intents became durable."""

    async def earlier(self, attempt: str, before: int, within_us: int) -> Earlier | None:
        """The attempt below index ``before`` that runs or was answered, of the last ``within_us``."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A key and the body it came with, as keyed digests; neither can be told from the log."""

    key: str
    body: str

    def detail(self) -> dict[str, Facts]:
        """What the intent says of it."""
        return {ATTEMPT: self.key, BODY: self.body}


def read_attempt(secret: bytes, headers: Mapping[str, str], subject: str, body: bytes) -> Attempt | None:
    """The attempt that a call is, if it names a key; a key is the subject's own. Raises BadRequest."""
    key = idempotency_key(headers)
    if not key:
        return None
    named = f"{len(subject)}:{subject}:{key}".encode()
    return Attempt(_digest(secret, b"key", named), _digest(secret, b"body", body))


def idempotency_key(headers: Mapping[str, str]) -> str:
    """The key that a call names, empty for none; raises BadRequest."""
    key = headers.get(HEADER)
    if key is None:
        return ""
    if not 0 < len(key) <= _LONGEST or not key.isascii() or not key.isprintable():
        raise BadRequest(
            f"The header {HEADER} holds 1 to {_LONGEST} printable ASCII characters.", param=HEADER
        )
    return key


async def require_first(log: AttemptLog, attempt: Attempt, index: int) -> None:
    """Let the call of the intent at ``index`` go ahead, unless one before it stands in the way.

    Raises RequestInProgress, AlreadyAnswered or IdempotencyKeyReused.
    """
    earlier = await log.earlier(attempt.key, index, _KEPT_US)
    if earlier is None:
        return
    if earlier.body != attempt.body:
        raise IdempotencyKeyReused("This idempotency key came with another body before; use a new one.")
    if earlier.answered:
        raise AlreadyAnswered(
            "The call with this idempotency key was answered, and answers are not kept. If that one was"
            " lost, send the call with a new key."
        )
    raise RequestInProgress("The call with this idempotency key still runs; try again once it has ended.")


def _digest(secret: bytes, purpose: bytes, content: bytes) -> str:
    return hmac.digest(secret, b"idempotency " + purpose + b"\0" + content, "sha256")[:_DIGEST].hex()
