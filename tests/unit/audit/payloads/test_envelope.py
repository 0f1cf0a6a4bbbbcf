from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import PayloadCommitment
from audit.errors import PayloadTampered
from audit.payloads.envelope import About, Sealed, record_key, seal, unseal

KEY = bytes(range(32))
ABOUT = About("req-1", "prompt", "key-1")


def opened(sealed: Sealed, key: bytes = KEY, about: About = ABOUT) -> bytes:
    """The plaintext, by way of the record key."""
    return unseal(sealed.octets, record_key(key, sealed.octets), about, sealed.commitment)


@given(st.binary(max_size=2000))
def test_opens_to_what_was_sealed(plaintext: bytes) -> None:
    """Whatever the payload, its record key gives it back."""
    assert opened(seal(plaintext, KEY, ABOUT)) == plaintext


def test_same_payload_never_looks_the_same() -> None:
    """Two seals of one payload share neither bytes nor commitment, so equal prompts cannot be told."""
    first, second = seal(b"hello", KEY, ABOUT), seal(b"hello", KEY, ABOUT)
    assert first.octets != second.octets
    assert first.commitment.plaintext_hmac != second.commitment.plaintext_hmac


def test_a_record_key_opens_one_payload_only() -> None:
    """The key that is disclosed for one payload opens no other of the same person and month."""
    first, second = seal(b"one", KEY, ABOUT), seal(b"two", KEY, ABOUT)
    with pytest.raises(PayloadTampered):
        unseal(second.octets, record_key(KEY, first.octets), ABOUT, second.commitment)


@pytest.mark.parametrize(
    "about",
    [About("req-2", "prompt", "key-1"), About("req-1", "reply", "key-1"), About("req-1p", "rompt", "key-1")],
)
def test_opens_in_no_other_place(about: About) -> None:
    """A payload put under another request or kind does not open."""
    with pytest.raises(PayloadTampered):
        opened(seal(b"hello", KEY, ABOUT), about=about)


def test_every_flipped_bit_is_noticed() -> None:
    """No stored byte can change without the payload being refused, even by who can change the hash too."""
    sealed = seal(b"hello", KEY, ABOUT)
    for place in range(len(sealed.octets)):
        damaged = bytearray(sealed.octets)
        damaged[place] ^= 1
        with pytest.raises(PayloadTampered, match="committed to"):
            unseal(bytes(damaged), record_key(KEY, sealed.octets), ABOUT, sealed.commitment)
        told = sealed.commitment
        forged = PayloadCommitment(
            told.kind, told.key_id, sha256(bytes(damaged)).hexdigest(), told.plaintext_hmac, told.size
        )
        with pytest.raises(PayloadTampered):
            unseal(bytes(damaged), record_key(KEY, bytes(damaged)), ABOUT, forged)


def test_another_plaintext_under_the_same_hash_is_refused() -> None:
    """AES-GCM alone does not bind its plaintext: the keyed digest in the entry does."""
    sealed = seal(b"hello", KEY, ABOUT)
    told = sealed.commitment
    wrong = PayloadCommitment(told.kind, told.key_id, told.ciphertext_sha256, "00" * 32, told.size)
    with pytest.raises(PayloadTampered, match="something else"):
        unseal(sealed.octets, record_key(KEY, sealed.octets), ABOUT, wrong)


def test_representation_hides_the_payload() -> None:
    """What is sealed shows nothing of itself in a log line."""
    assert "octets" not in repr(seal(b"hello", KEY, ABOUT))
