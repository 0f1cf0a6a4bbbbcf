"""Signed receipts: one Ed25519 signature for a batch, and a path from each entry to it."""

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from audit import tlog
from audit.errors import InvalidProof, InvalidReceipt
from audit.note import Signer, Verifier

# A note holds no control character, so nothing signed here can pose as a checkpoint, nor the reverse.
_CONTEXT = b"custody-receipt/v1\x00"
_VERSION = 1
_HEAD = struct.Struct(">B4sQQHH32sB")
_SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True)
class ReceiptClaim:
    """What a good receipt says: this log held this leaf at ``index`` when it signed at ``wall_us``."""

    origin: str
    index: int
    leaf_hash: bytes
    wall_us: int


def issue_receipts(signer: Signer, first: int, leaf_hashes: Sequence[bytes], wall_us: int) -> list[str]:
    """One token for each entry of a batch that starts at index ``first``, for one signature in all.

    A signature costs 46 microseconds, a node hash under one: the batch's Merkle root (RFC 6962) is signed
    and each token carries its leaf's path, which is empty in a batch of one.
    """
    count = len(leaf_hashes)
    levels = _levels(leaf_hashes)
    signature = signer.sign(_statement(signer.verifier, wall_us, first, count, levels[-1][0]))
    identifier = signer.verifier.key_id
    tokens = []
    for offset, leaf in enumerate(leaf_hashes):
        path = _path(levels, offset)
        head = _HEAD.pack(_VERSION, identifier, wall_us, first, offset, count, leaf, len(path))
        raw = b"".join((head, *path, signature))
        tokens.append(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
    return tokens


def open_receipt(token: str, verifier: Verifier) -> ReceiptClaim:
    """What the token says, if the log of this name and key signed it; raises InvalidReceipt."""
    raw = _decode(token)
    if len(raw) < _HEAD.size + _SIGNATURE_SIZE:
        raise InvalidReceipt("the receipt is cut short")
    version, identifier, wall_us, first, offset, count, leaf, steps = _HEAD.unpack_from(raw)
    body, signature = raw[_HEAD.size : -_SIGNATURE_SIZE], raw[-_SIGNATURE_SIZE:]
    if version != _VERSION or len(body) != steps * tlog.HASH_SIZE:
        raise InvalidReceipt("the receipt is not in a form that this release knows")
    if identifier != verifier.key_id:
        raise InvalidReceipt(f"the receipt was not signed by the key of {verifier.name}")
    path = [body[at : at + tlog.HASH_SIZE] for at in range(0, len(body), tlog.HASH_SIZE)]
    try:
        root = tlog.root_from_inclusion(offset, count, leaf, path)
    except InvalidProof as error:
        raise InvalidReceipt(f"the receipt's path does not fit: {error}") from error
    if not verifier.verify(_statement(verifier, wall_us, first, count, root), signature):
        raise InvalidReceipt("the signature of the receipt is not good")
    return ReceiptClaim(verifier.name, first + offset, leaf, wall_us)


def _statement(verifier: Verifier, wall_us: int, first: int, count: int, root: bytes) -> bytes:
    """The signed bytes: context, key id, time, first index, count, root, origin."""
    return b"".join(
        (
            _CONTEXT,
            verifier.key_id,
            struct.pack(">QQH", wall_us, first, count),
            root,
            verifier.name.encode(),
        )
    )


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The rows of the tree from leaves to root; a last odd node moves up as it is (RFC 6962's shape)."""
    rows = [list(leaves)]
    while len(row := rows[-1]) > 1:
        above = [tlog.node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        rows.append(above + row[len(above) * 2 :])
    return rows


def _path(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    path = []
    for row in levels[:-1]:
        if (sibling := index ^ 1) < len(row):
            path.append(row[sibling])
        index >>= 1
    return path


def _decode(token: str) -> bytes:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidReceipt("the receipt is not base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise InvalidReceipt("the receipt has stray bits")
    return raw
