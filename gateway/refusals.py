"""Refusals on their way to the log: callers without a name are told apart by where they call from."""

import hmac
import ipaddress
import logging

from audit.entry import Record
from audit.errors import AuditError
from audit.refusals import SINGLY, WINDOW_S, Appender, RefusalLimiter

_log = logging.getLogger("custody.gateway")

# A household or company holds a whole network of this size, so one address of it says no more.
_IPV6_PREFIX = 64
_DIGEST = 8


class PeerRefusals:
    """Hands refusals to the limiter with a keyed digest of the caller's network, never the address."""

    def __init__(
        self, recorder: Appender, secret: bytes, *, window_s: float = WINDOW_S, singly: int = SINGLY
    ) -> None:
        self._limiter = RefusalLimiter(recorder, window_s=window_s, singly=singly)
        self._secret = secret

    async def refuse(self, record: Record, peer: str) -> None:
        """Record or count one refusal; raises ``audit.errors.AuditError``."""
        await self._limiter.refuse(record, "" if record.actor else self._source(peer))

    async def aclose(self) -> None:
        """Record what is counted so far, as far as the log still takes it."""
        try:
            await self._limiter.aclose()
        except AuditError as error:
            _log.warning("counts of refusals are lost: %s", type(error).__name__)

    def _source(self, peer: str) -> str:
        return hmac.digest(self._secret, b"peer\0" + network(peer).encode(), "sha256")[:_DIGEST].hex()


def network(peer: str) -> str:
    """The address of IPv4, the /64 network of IPv6, or whatever else a server calls its other end."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)
