import string

from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.keys import is_well_formed, key_digest, new_key, subject_id


def test_new_key_is_well_formed() -> None:
    """A fresh key has the published form and good check digits."""
    key = new_key("dev")
    assert key.startswith("cus_dev_")
    assert len(key) == len("cus_dev_") + 36
    assert is_well_formed(key)


def test_new_keys_differ() -> None:
    """No two keys are alike."""
    assert len({new_key("dev") for _ in range(200)}) == 200


@given(st.integers(0, 43), st.sampled_from(string.ascii_letters + string.digits))
def test_one_wrong_character_is_noticed(position: int, character: str) -> None:
    """A key with any one character changed is not well formed, so it costs no look-up."""
    key = "cus_dev_000000000000000000000000000000" + "1fnKCB"
    sound = new_key("dev")
    changed = sound[:position] + character + sound[position + 1 :]
    assert is_well_formed(changed) == (changed == sound)
    assert not is_well_formed(key)


@given(st.text(max_size=60))
def test_any_text_can_be_presented(text: str) -> None:
    """Whatever a caller sends as a key is judged, never raised on."""
    assert isinstance(is_well_formed(text), bool)


def test_digest_needs_the_pepper() -> None:
    """The digest of a key is worth nothing without the pepper it was made with."""
    key = new_key("live")
    assert key_digest(key, b"a") != key_digest(key, b"b")
    assert key not in key_digest(key, b"a")


def test_subject_id_is_opaque_and_stable() -> None:
    """The same principal always has the same id, and the id does not tell the name."""
    assert subject_id("retail-service", b"p") == subject_id("retail-service", b"p")
    assert "retail" not in subject_id("retail-service", b"p")
    assert subject_id("retail-service", b"p") != subject_id("retail-service", b"q")
