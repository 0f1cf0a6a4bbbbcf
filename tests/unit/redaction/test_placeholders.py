from hypothesis import given
from hypothesis import strategies as st

from redaction.base import Finding
from redaction.placeholders import Scope, Vault, canonical, normalize
from redaction.restore import mentions

SCOPE = Scope("retail", b"conversation")


def test_a_digest_of_the_vault_is_seen_however_it_is_written() -> None:
    """No spelling of a token that is read back escapes the quick look for one."""
    vault = Vault(b"k" * 32, SCOPE)
    token = vault.token("PERSON", "Anna Kowalska")
    digest = token[1:-1].rpartition("_")[2]
    for written in (token, token.upper(), token.replace("1", "l").replace("0", "O"), f"person-{digest}s"):
        assert vault.may_resolve(f"Dear {written},")
        assert [each.value for each in mentions(f"Dear {written},", vault)] == ["Anna Kowalska"]


def test_a_digest_of_another_vault_does_not_resolve() -> None:
    """A text without a token of the vault holds nothing to bring back."""
    vault = Vault(b"k" * 32, SCOPE)
    vault.token("PERSON", "Anna Kowalska")
    other = Vault(b"k" * 32, Scope("legal", b"conversation")).token("PERSON", "Anna Kowalska")
    assert not vault.may_resolve(other)
    assert not list(mentions(other, vault))


@given(st.text(max_size=20), st.sampled_from(["PERSON", "CREDIT_CARD", "SECRET"]))
def test_a_token_is_stable_and_well_formed(value: str, entity_type: str) -> None:
    """The same value has the same token in every request, in a form that is read back as it is."""
    first, second = (Vault(b"k" * 32, SCOPE).token(entity_type, value) for _ in range(2))
    assert first == second
    assert canonical(first[1:-1].rpartition("_")[2])


@given(st.text())
def test_numbers_are_known_by_their_characters_alone(value: str) -> None:
    """Separators and other marks do not tell two numbers apart; letters, digits and a plus sign do."""
    kept = normalize("PHONE_NUMBER", value)
    assert all(char.isalnum() or char == "+" for char in kept)
    assert kept == normalize("PHONE_NUMBER", "-".join(value)) or not value.isascii()


def test_the_callers_own_values_are_known_in_any_spelling() -> None:
    """A value that the caller wrote is its own when the model spells it otherwise; another is not."""
    vault = Vault(b"k" * 32, SCOPE)
    vault.own("(415) 555-0123", [Finding("PHONE_NUMBER", 0, len("(415) 555-0123"), 0.9, "test")])
    assert vault.owns("PHONE_NUMBER", "415 555 0123")
    assert not vault.owns("PHONE_NUMBER", "415 555 0124")
    vault.own("415 555 0124", [Finding("PHONE_NUMBER", 0, len("415 555 0124"), 0.9, "test")])
    assert vault.owns("PHONE_NUMBER", "415 555 0124")
