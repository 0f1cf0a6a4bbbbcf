import pytest

from redaction import operators
from redaction.placeholders import Scope, Vault


@pytest.mark.parametrize(
    ("entity_type", "value", "coarse"),
    [
        ("DATE_TIME", "2024-03-12", "2024-03"),
        ("DATE_TIME", "2024-03-12T10:00:00Z", "2024-03"),
        ("DATE_TIME", "12 March 2024", "March 2024"),
        ("DATE_TIME", "12. März 2024", "März 2024"),
        ("DATE_TIME", "on Monday, 3 de abril de 2024", "abril 2024"),
        ("DATE_TIME", "03/04/2024", "2024"),
        ("DATE_TIME", "2023 to 2024", "[DATE_TIME]"),
        ("DATE_TIME", "tomorrow", "[DATE_TIME]"),
        ("DATE_OF_BIRTH", "12 March 1980", "1980"),
        ("PERSON", "Dr. Anna van der Berg", "A. B."),
        ("PERSON", "anna", "[PERSON]"),
        ("STREET_ADDRESS", "12 Maple Road, London SW1A 1AA", "[STREET_ADDRESS in London]"),
        ("STREET_ADDRESS", "Hauptstr. 5, 10115 Berlin", "[STREET_ADDRESS in Berlin]"),
        ("STREET_ADDRESS", "12 Maple Road", "[STREET_ADDRESS]"),
        ("PHONE_NUMBER", "+48 601 234 567", "[PHONE_NUMBER +48]"),
        ("PHONE_NUMBER", "+1 202-555-0143", "[PHONE_NUMBER +1]"),
        ("PHONE_NUMBER", "+48601234567", "[PHONE_NUMBER]"),
        ("PHONE_NUMBER", "202-555-0143", "[PHONE_NUMBER]"),
        ("IP_ADDRESS", "10.1.2.3", "10.1.0.0/16"),
        ("IP_ADDRESS", "2001:db8::1", "2001:db8::/32"),
        ("CREDIT_CARD", "4111 1111 1111 1111", "[CREDIT_CARD ending 1111]"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "[IBAN_CODE DE]"),
        ("AGE", "41 years", "40s"),
        ("EMAIL_ADDRESS", "anna@kowalska.pl", "[EMAIL_ADDRESS]"),
        ("PASSWORD", "Tr0ub4dor&3", "[PASSWORD]"),
    ],
)
def test_generalize_keeps_what_tells_nobody(entity_type: str, value: str, coarse: str) -> None:
    """A month, initials, a town, a country: where nothing coarser is known for sure, the type alone."""
    vault = Vault(b"k" * 32, Scope("retail", b"1"))
    assert operators.apply("generalize", entity_type, value, vault) == coarse


@pytest.mark.parametrize("operator", ["mask", "hash", "generalize"])
def test_what_is_not_meant_to_come_back_does_not(operator: str) -> None:
    """Masked, hashed and generalized values leave nothing in the vault."""
    vault = Vault(b"k" * 32, Scope("retail", b"1"))
    shown = operators.apply(operator, "PERSON", "Anna Kowalska", vault)
    assert "Anna" not in shown
    assert not len(vault)
    assert not len(vault.stand_ins)


@pytest.mark.parametrize("operator", ["replace", "surrogate"])
def test_what_a_model_made_up_never_becomes_resolvable(operator: str) -> None:
    """In a reply neither operator adds anything to the vault."""
    vault = Vault(b"k" * 32, Scope("retail", b"1"))
    shown = operators.apply_to_reply(operator, "PERSON", "Anna Kowalska", vault)
    assert shown.startswith("[PERSON_")
    assert not len(vault)
    assert not len(vault.stand_ins)
