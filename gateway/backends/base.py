from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from gateway.domain import RedactedPrompt, UnscannedChunks, UnscannedReply
from gateway.progress import Progress


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a model: its name at the backend, the redacted body, and what isolates it there.

    ``cache_salt`` is a digest of the department, so that prefix caches are never shared between two.
    """

    model: str
    prompt: RedactedPrompt
    request_id: str
    cache_salt: str


class Backend(Protocol):
    """A model server, near or far.

    Both calls raise ``BackendUnavailable``, ``UpstreamFailed`` or ``UpstreamTimeout``. Bodies are those of
    OpenAI's chat completions. Closing the generator of ``stream`` cancels the call upstream.
    """

    async def complete(self, call: ModelCall) -> UnscannedReply:
        """The whole answer at once."""

    def stream(self, call: ModelCall) -> AsyncGenerator[UnscannedChunks, None]:
        """The answer in pieces, each of at least one chunk; the first comes once the call is accepted."""

    async def aclose(self) -> None:
        """Give back connections, workers and memory."""


@runtime_checkable
class NeedsStart(Protocol):
    """A backend that has something to load before its first call."""

    async def start(self, progress: Progress) -> None:
        """Loads it, telling how far it has come; raises when it cannot."""
