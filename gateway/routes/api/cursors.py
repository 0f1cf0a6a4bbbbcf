"""Where a page ended, in a form that tells its bearer nothing and that nobody else can use."""

import base64
import binascii
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import BadRequest

_NONCE = 12


class Cursors:
    """Seals the key of the last thing on a page.

    Sealed, for it may be a thing that the caller must not know of. Bound to the listing (kind, filters and
    caller), so that a cursor cannot be carried from one to another.
    """

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(secret, b"cursor", "sha256"))

    def seal(self, listing: str, after: str) -> str:
        """The cursor of a page that ended at ``after``; empty where there is no more."""
        if not after:
            return ""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, after.encode(), listing.encode())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, listing: str, cursor: str) -> str:
        """Where the page before ended; raises ``BadRequest`` for what ``seal`` did not make for it."""
        if not cursor:
            return ""
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], listing.encode()).decode()
        except (binascii.Error, InvalidTag, ValueError):
            raise BadRequest(
                "This is no cursor of this listing; begin again without one.", param="cursor"
            ) from None
