from functools import cache

import pytest

from redaction.detectors import _presidio, patterns
from redaction.detectors._tuning import TUNED, UNUSED
from redaction.rules import RuleDetector


@cache
def built() -> RuleDetector:
    """The detector with its default options."""
    return patterns.build(patterns.Options())


def found(text: str) -> set[tuple[str, str]]:
    """Entity types and values in ``text``."""
    return {(each.entity_type, text[each.start : each.end]) for each in built().detect([text])[0]}


@pytest.mark.parametrize(
    ("entity_type", "value"),
    [
        ("EMAIL_ADDRESS", "anna.kowalska@example.com"),
        ("EMAIL_ADDRESS", "łukasz.müller@büro.example"),
        ("EMAIL_ADDRESS", "jose@xn--caf-dma.example"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
        ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32"),
        ("IBAN_CODE", "FR14 2004 1010 0505 0001 3M02 606"),
        ("IBAN_CODE", "nl91abna0417164300"),
        ("PHONE_NUMBER", "+44 20 7946 0018"),
        ("PHONE_NUMBER", "+49 (0)30 901820"),
        ("PHONE_NUMBER", "415-555-0134"),
        ("PHONE_NUMBER", "(415) 555-0134 ext. 12"),
        ("PHONE_NUMBER", "030 901820-00"),
        ("PHONE_NUMBER", "06 12 34 56 78"),
        ("PHONE_NUMBER", "612 345 678"),
        ("PHONE_NUMBER", "0912-345678"),
        ("STREET_ADDRESS", "12 Baker Street"),
        ("STREET_ADDRESS", "Hauptstraße 5"),
        ("STREET_ADDRESS", "Unter den Linden 77"),
        ("STREET_ADDRESS", "10 rue de la Paix"),
        ("STREET_ADDRESS", "Calle de Alcalá 42"),
        ("STREET_ADDRESS", "Via Roma 12"),
        ("STREET_ADDRESS", "Keizersgracht 123"),
        ("STREET_ADDRESS", "Rua Augusta 1500"),
        ("STREET_ADDRESS", "ul. Marszałkowska 10"),
        ("DATE_TIME", "2024-05-01"),
        ("DATE_TIME", "27. Mai 2017"),
        ("DATE_TIME", "3rd of June, 2021"),
        ("DATE_TIME", "12 de marzo de 2016"),
        ("DATE_TIME", "1er janvier 2020"),
        ("DATE_TIME", "5 października 2019"),
        ("DATE_TIME", "17 settembre 2018"),
        ("DATE_TIME", "4 maart 2022"),
        ("DATE_TIME", "31/12/1999"),
        ("IP_ADDRESS", "192.168.10.17"),
        ("IP_ADDRESS", "2001:db8:85a3::8a2e:370:7334"),
        ("MAC_ADDRESS", "00:1B:44:11:3A:B7"),
        ("CRYPTO", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("US_SSN", "078-05-1121"),
        ("UK_NINO", "AB 12 34 56 C"),
        ("PL_PESEL", "44051401359"),
        ("ES_NIF", "12345678Z"),
        ("IT_FISCAL_CODE", "RSSMRA85T10A562S"),
        ("FR_NIR", "2 55 08 14 168 025 38"),
        ("BE_NATIONAL_NUMBER", "85.07.30-033.28"),
        ("CH_AHV", "756.9217.0769.85"),
        ("BR_CPF", "390.533.447-05"),
        ("EE_PERSONAL_CODE", "37605030299"),
        ("RO_CNP", "1800101221144"),
        ("SI_EMSO", "0101006500006"),
        ("CL_RUT", "12.345.678-5"),
        ("IE_PPS", "1234567FA"),
    ],
)  # fmt: skip
def test_value_is_found_in_a_sentence(entity_type: str, value: str) -> None:
    """A value of a telling form is found whole, without any hint around it."""
    assert (entity_type, value) in found(f"Here it is: {value}, as you asked.")


@pytest.mark.parametrize(
    ("entity_type", "value", "text"),
    [
        ("US_PASSPORT", "912803456", "My passport is 912803456."),
        ("NL_BSN", "111222333", "Mijn BSN is 111222333."),
        ("PT_NIF", "123456789", "O meu NIF é 123456789."),
        ("PL_NIP", "1234563218", "NIP 1234563218"),
        ("HR_OIB", "94577403194", "OIB: 94577403194"),
        ("DK_CPR", "0101901234", "CPR-nr 0101901234"),
        ("MEDICAL_RECORD_NUMBER", "A-482913", "MRN: A-482913"),
        ("VIN", "WVWZZZ1JZXW000001", "Fahrgestellnummer WVWZZZ1JZXW000001"),
        ("LICENSE_PLATE", "B-MW 1234", "Das Kennzeichen ist B-MW 1234."),
        ("PASSPORT", "YB1234567", "numero passaporto YB1234567"),
        ("DRIVERS_LICENSE", "D123-4567-8901", "driver's license number D123-4567-8901"),
        ("USERNAME", "kowalska_91", "username: kowalska_91"),
    ],
)  # fmt: skip
def test_value_is_found_by_its_context(entity_type: str, value: str, text: str) -> None:
    """What could be any number is found where words say what it is, and nowhere else."""
    assert (entity_type, value) in found(text)
    assert (entity_type, value) not in found(f"The part {value} is out of stock.")


@pytest.mark.parametrize(
    "text",
    [
        "Order 12345678 shipped at 10:30.",
        "The total of EUR 40,000 is due; see section 4.2 of 912 345 678 EUR.",
        "card 4111 1111 1111 1112",
        "please explain how the refund works for a kettle",
        "Upgrade from v1.2.3.4 to version 10.15.7.1, or pin numpy==1.26.4.",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b fixes e4d909c290d0fb1ca068ffaddf22cbd0",
        "id 550e8400-e29b-41d4-a716-446655440000 in table t_123456",
        "std::vector<int> a(1'000'000); ::add(x); for (int i = 0; i < 4096; ++i) {}",
        "sizes 10x20x30, ratio 16:9, resolution 1920x1080, ISBN 978-3-16-148410-0",
        "In 1984 about 120.000.000 people; 12.5% of 3.14159265358979",
        "logo@2x.png and user@module.js, git@host.example:team/repo.git",
        "see RFC 2616 section 14, port 8080, HTTP 404, 5 of 2000 cases may be",
        "return x[0:4] if y != 0x7fffffff else -1e-05  # 2.0.0-rc1",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    """Versions, hashes, identifiers, sums, code and numbers whose checksum is wrong are nobody's data."""
    assert found(text) == set()


def test_each_of_presidios_recognizers_is_used_or_listed() -> None:
    """A recognizer of Presidio is used, by discovery, unless it is listed with the reason why not."""
    known = set(_presidio.names_known())
    assert set(UNUSED) <= known
    assert set(TUNED) <= known - set(UNUSED)
    assert all(_presidio.presidio_rules([name]) for name in known - set(UNUSED))
    assert all(reason for reason in UNUSED.values())


def test_a_recognizer_that_is_not_there_is_refused() -> None:
    """A name that Presidio does not know is an error that says so."""
    with pytest.raises(_presidio.RecognizerUnknown, match="Martian"):
        patterns.build(patterns.Options(recognizers=("Martian",)))


def test_a_text_that_is_one_value_is_its_own_context() -> None:
    """A field that holds nothing but an identifier of letters and digits is taken for one."""
    assert ("UK_PASSPORT", "AB1234567") in found(' "AB1234567" ')
    assert found("46813579") == set()
