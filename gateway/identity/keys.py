"""API keys: ``cus_<environment>_<30 base62 digits><6 check digits>``.

The check digits are the CRC-32 of what stands before them, so that a mistyped or cut key is known as such
without a look-up, and a secret scanner can tell a real key from a word that looks like one.
"""

import hmac
import re
import secrets
import string
import zlib

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_LENGTH = 30  # 62^30 is about 2^178
_CHECK_LENGTH = 6  # 62^6 exceeds 2^32, so a CRC-32 always fits
_KEY = re.compile(r"cus_[a-z]{1,8}_[0-9A-Za-z]{36}", re.ASCII)


def new_key(environment: str) -> str:
    """A fresh key; it is shown once and then only its digest is kept."""
    body = f"cus_{environment}_" + "".join(secrets.choice(_DIGITS) for _ in range(_SECRET_LENGTH))
    return body + _check(body)


def is_well_formed(unverified_key: str) -> bool:
    """Whether this is a key at all; says nothing about whether it is a good one."""
    if _KEY.fullmatch(unverified_key) is None:
        return False
    return _check(unverified_key[:-_CHECK_LENGTH]) == unverified_key[-_CHECK_LENGTH:]


def key_digest(key: str, pepper: bytes) -> str:
    """What is kept of a key: HMAC-SHA-256 under the pepper, in hex.

    The secret part has 178 bits, so a slow hash would protect nothing; the pepper keeps a stolen
    configuration from being of use even to confirm a key.
    """
    return hmac.digest(pepper, b"api-key\x00" + key.encode(), "sha256").hex()


def subject_id(principal: str, pepper: bytes) -> str:
    """The opaque id under which a principal is known to policies and in the log."""
    return "sub_" + hmac.digest(pepper, b"subject\x00" + principal.encode(), "sha256").hex()[:24]


def _check(body: str) -> str:
    rest, digits = zlib.crc32(body.encode()), []
    for _ in range(_CHECK_LENGTH):
        rest, digit = divmod(rest, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
