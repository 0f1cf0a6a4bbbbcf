"""Prompts and replies that a policy wants kept: stored, encrypted, before the record that commits to them."""

import re
from collections.abc import Mapping
from typing import Protocol

import anyio
import anyio.to_thread
import orjson

from audit.entry import PayloadCommitment
from audit.errors import AuditError
from audit.payloads.key_store import Owner
from audit.payloads.store import Payloads
from gateway.domain import JsonObject, Subject
from gateway.errors import BadRequest, RetentionUnavailable, UpstreamFailed

_HEADER = "x-custody-data-subject"
# A reference that a department can find again; a name or an address would be none.
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_DEADLINE_S = 5
_THREADS = 4
_LONGEST_REPLY = 16_000_000


class Retainer(Protocol):
    """Where payloads are kept."""

    async def keep(
        self, owner: Owner, request_id: str, kind: str, payload: bytes, asset: str
    ) -> PayloadCommitment:
        """Keeps one durably and gives what its record must say; raises ``RetentionUnavailable``."""


class Keeper:
    """Keeps the payloads of one call: the redacted prompt, and the reply as the model gave it.

    The reply is kept before the caller's values are put back, so it holds none of them. ``take`` gathers a
    reply's pieces; raises ``UpstreamFailed`` beyond 16 MB, for what is not kept whole proves nothing.
    """

    __slots__ = ("_asset", "_owner", "_pieces", "_request_id", "_retainer", "_size")

    def __init__(self, retainer: Retainer, owner: Owner, request_id: str, asset: str) -> None:
        self._retainer = retainer
        self._owner = owner
        self._asset = asset
        self._request_id = request_id
        self._pieces: list[bytes] = []
        self._size = 0

    async def prompt(self, body: JsonObject) -> PayloadCommitment:
        """Keeps the redacted body."""
        return await self._keep("prompt", orjson.dumps(body))

    def take(self, body: JsonObject) -> None:
        """Notes a reply, or a chunk of one."""
        piece = orjson.dumps(body)
        self._size += len(piece)
        if self._size > _LONGEST_REPLY:
            raise UpstreamFailed("The reply is too long to be kept, as the policy asks.")
        self._pieces.append(piece)

    async def reply(self) -> tuple[PayloadCommitment, ...]:
        """Keeps what was taken, one JSON object a line; nothing where nothing came."""
        if not self._pieces:
            return ()
        return (await self._keep("reply", b"\n".join(self._pieces)),)

    async def _keep(self, kind: str, payload: bytes) -> PayloadCommitment:
        return await self._retainer.keep(self._owner, self._request_id, kind, payload, self._asset)


class VaultRetainer:
    """Keeps payloads in threads of its own, for a disk and perhaps a key service take part."""

    def __init__(self, payloads: Payloads) -> None:
        self._payloads = payloads
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def keep(
        self, owner: Owner, request_id: str, kind: str, payload: bytes, asset: str
    ) -> PayloadCommitment:
        """Keeps one; what takes longer than five seconds counts as not kept."""
        try:
            # Shielded like a record: a client that leaves must not decide what is kept of its call.
            with anyio.fail_after(_DEADLINE_S, shield=True):
                return await anyio.to_thread.run_sync(
                    self._payloads.keep,
                    owner,
                    request_id,
                    kind,
                    payload,
                    asset,
                    limiter=self._threads,
                    abandon_on_cancel=True,
                )
        except (AuditError, TimeoutError) as error:
            raise RetentionUnavailable(
                "The policy wants this call kept as evidence and it could not be, so it was not let through.",
                reason_admin=type(error).__name__,
            ) from error


def payload_owner(headers: Mapping[str, str], subject: Subject) -> Owner:
    """Whose payloads these are: the person that the header names, else the caller.

    Raises ``BadRequest`` for a header that is no reference.
    """
    reference = headers.get(_HEADER, subject.id)
    if _REFERENCE.fullmatch(reference) is None:
        raise BadRequest(
            f"The header {_HEADER} must be your own reference for a person (letters, digits, '.', '_', ':',"
            f" '-', at most 128), by which you can later ask for erasure."
        )
    return Owner(subject.department, reference)
