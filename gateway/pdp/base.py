from typing import Protocol, runtime_checkable

from gateway.domain import AccessRequest, Decision


class PolicyEngine(Protocol):
    """Answers access requests; raises ``PolicyUnavailable`` when it cannot, and never guesses."""

    @property
    def revision(self) -> str:
        """Digest of the policy text that is active now."""

    async def decide(self, request: AccessRequest) -> Decision:
        """The decision of ``data.custody.access.decision`` on this request."""

    async def aclose(self) -> None:
        """Give back what the engine holds."""


@runtime_checkable
class SelfStarting(Protocol):
    """A policy engine that must get hold of its policy before it can decide."""

    async def start(self) -> None:
        """Gets it; a second time does nothing. Raises why it cannot be had."""
