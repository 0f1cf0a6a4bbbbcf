import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.placeholders import Scope, Vault
from redaction.restore import mentions
from redaction.standin_tables import language_of
from redaction.standins import Draw, iban_check, luhn_digit, stand_in

LETTER = "Please write to Anna Kowalska about the order, and to the others for me."


def vault(*texts: str, department: str = "retail") -> Vault:
    """A vault for these texts."""
    made = Vault(b"k" * 32, Scope(department, b"1"))
    made.stand_ins.avoid(texts)
    return made


def restored(text: str, known: Vault) -> str:
    """The text with what stand-ins stand for."""
    pieces, position = [], 0
    for mention in mentions(text, known):
        pieces += [text[position : mention.start], mention.value or ""]
        position = mention.end
    return "".join([*pieces, text[position:]])


def drawn(entity_type: str, value: str, seed: bytes = b"1") -> str:
    """A stand-in for a value in an English text."""
    made = stand_in(entity_type, value, "en", Draw(seed))
    assert made is not None
    return made


@given(st.binary(min_size=1, max_size=8))
def test_numbers_come_from_ranges_kept_for_examples(seed: bytes) -> None:
    """Cards, accounts, telephones and addresses of the net are valid where the original was, and nobody's."""
    card = drawn("CREDIT_CARD", "4111 1111 1111 1111", seed).replace(" ", "")
    assert (card[:6], card[-1], len(card)) == ("424242", luhn_digit(card[:-1]), 16)
    iban = drawn("IBAN_CODE", "DE89 3704 0044 0532 0130 00", seed)
    assert re.fullmatch(r"DE\d\d 0000 \d{4} \d{4} \d{4} \d\d", iban)
    assert iban[2:4] == iban_check("DE", iban.replace(" ", "")[4:])
    assert re.fullmatch(r"\+1 [2-9]\d\d-555-01\d\d", drawn("PHONE_NUMBER", "+1 202-555-0143", seed))
    assert re.fullmatch(r"\+44 20 7946 0\d\d\d", drawn("PHONE_NUMBER", "+44 20 7123 4567", seed))
    assert re.fullmatch(r"\+48 00\d \d\d\d \d\d\d", drawn("PHONE_NUMBER", "+48 601 234 567", seed))
    documentation = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert any(ipaddress.ip_address(drawn("IP_ADDRESS", "10.1.2.3", seed)) in each for each in documentation)
    six = ipaddress.ip_address(drawn("IP_ADDRESS", "fe80::1", seed))
    assert six in ipaddress.ip_network("2001:db8::/32")
    assert drawn("MAC_ADDRESS", "AC:DE:48:00:11:22", seed).startswith("00:00:5E:00:53:")
    assert re.fullmatch(r"9\d\d-[0-4]\d-\d{4}", drawn("US_SSN", "536-22-1234", seed))
    assert drawn("EMAIL_ADDRESS", "anna@kowalska.pl", seed).endswith((".com", ".org", ".net"))
    assert "@example." in drawn("EMAIL_ADDRESS", "anna@kowalska.pl", seed)
    assert re.fullmatch(r"https://www\.example\.\w+/\d{4}\w/\d", drawn("URL", "https://a.example/x/1", seed))


@pytest.mark.parametrize(
    ("entity_type", "value", "shape"),
    [
        ("DATE_TIME", "2024-03-12", r"202[123]-(0[1-9]|1[0-2])-(0[1-9]|1[0-2])"),
        ("DATE_OF_BIRTH", "12 March 1980", r"([1-9]|1[0-2])|\d\d? March 19(77|78|79)"),
        ("PASSWORD", "Tr0ub4dor&3", r"[A-Z][a-z]\d[a-z]{2}\d[a-z]{3}&\d"),
        ("PL_PESEL", "44051401359", r"\d{11}"),
        ("PERSON", "Dr. Anna Kowalska", r"Dr\. \w+ \w+"),
        ("PERSON", "Kowalska, Anna", r"\w+, \w+"),
        ("PERSON", "Anna", r"\w+"),
        ("STREET_ADDRESS", "12 Maple Road", r"\d+ \w+ Road"),
        ("ORGANIZATION", "Acme Inc", r"\w+ Ltd"),
    ],
)
def test_a_stand_in_has_the_shape_of_its_value(entity_type: str, value: str, shape: str) -> None:
    """Separators, case and order stay; what tells whose it is does not."""
    assert re.fullmatch(shape, drawn(entity_type, value))


@pytest.mark.parametrize(
    ("entity_type", "value"),
    [("PASSWORD", "hunter"), ("DATE_TIME", "today"), ("PRIVATE_KEY", "x1" * 100), ("AGE", "41")],
)
def test_what_would_not_be_known_again_gets_a_token(entity_type: str, value: str) -> None:
    """Where no stand-in could be told from ordinary text, a placeholder stands."""
    assert vault().stand_in(entity_type, value, "").startswith(f"[{entity_type}_")


@pytest.mark.parametrize(
    ("value", "text", "language"),
    [
        ("Łukasz Nowak", "", "pl"),
        ("Jan Becker", "ich bin nicht der Kunde und bitte um Antwort", "de"),
        ("Marie Dubois", "je vous prie de me répondre pour la commande", "fr"),
        ("Jan", "ik ben niet tevreden met het product", "nl"),
        ("Maria", "por favor, el pedido de la señora no es para mi", "es"),
        ("Maria", "il prodotto della signora non è mio, grazie", "it"),
        ("Maria", "obrigado, o pedido da senhora não é meu", "pt"),
        ("Jan", LETTER, "en"),
    ],
)
def test_a_stand_in_speaks_the_language_of_its_text(value: str, text: str, language: str) -> None:
    """The letters of the value decide, then the words around it."""
    assert language_of(value, text) == language


def test_stand_ins_are_stable_and_apart() -> None:
    """The same value has the same stand-in in each request; another value, department or kind another."""
    names = [
        f"{given} {family}" for given in ("Anna", "Maria", "Eva", "Ida") for family in ("Kowalska", "Lind")
    ]
    known = vault(LETTER)
    first = [known.stand_in("PERSON", name, LETTER) for name in names]
    assert first == [vault(LETTER).stand_in("PERSON", n, LETTER) for n in names[:1]] + first[1:]
    assert len({word for each in first for word in each.split()}) == 2 * len(names)
    other = vault(LETTER, department="legal")
    assert other.stand_in("PERSON", names[0], LETTER) != first[0]
    assert restored(f"so {first[0]} it is", other) == f"so {first[0]} it is"


def test_a_stand_in_is_no_word_of_the_text() -> None:
    """What the caller wrote is never taken for a stand-in: those that stand in the text are not issued."""
    text = LETTER
    for _ in range(12):
        made = vault(text).stand_in("PERSON", "Anna Kowalska", text)
        assert not any(word.lower() in text.lower() for word in made.split())
        text += f" {made.split()[0].lower()} {made.split()[1].upper()}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{0} {1} called", "Anna van der Berg called"),
        ("{0}\n{1}", "Anna van der Berg"),
        ("ask {0}, or Ms {1}", "ask Anna, or Ms van der Berg"),
        ("{0}'s and {1}\u2019s", "Anna's and van der Berg\u2019s"),
        ("{0}s Brief", "Annas Brief"),
        ("MS {2} {3}", "MS ANNA VAN DER BERG"),
        ("**{1}**", "**van der Berg**"),
        ("x{0} {0}x {1}ish {0}_1", "x{0} {0}x {1}ish {0}_1"),
        ("{0}-{0}", "Anna-Anna"),
    ],
)
def test_a_person_comes_back_by_either_name(written: str, meant: str) -> None:
    """Whole, by one name, possessive or in capitals; and never inside another word."""
    known = vault(LETTER)
    given, family = known.stand_in("PERSON", "Anna van der Berg", LETTER).split()
    forms = (given, family, given.upper(), family.upper())
    assert restored(written.format(*forms), known) == meant.format(*forms)


def test_parts_of_a_known_person_stand_for_parts() -> None:
    """The surname alone gets the surname of the person's stand-in, unless two people share it."""
    known = vault(LETTER)
    given, family = known.stand_in("PERSON", "Anna Kowalska", LETTER).split()
    assert known.stand_in("PERSON", "Kowalska", LETTER) == family
    assert known.stand_in("PERSON", "Anna", LETTER) == given
    assert known.stand_in("PERSON", "ANNA KOWALSKA", LETTER) == f"{given} {family}".upper()
    assert known.stand_in("PERSON", "Kowalskas", LETTER) == f"{family}s"
    other = known.stand_in("PERSON", "Ewa Kowalska", LETTER)
    alone = known.stand_in("PERSON", "Kowalska", LETTER)
    assert alone not in {family, other.split()[1]}
    assert restored(f"{alone}; {other}; {family}", known) == "Kowalska; Ewa Kowalska; Kowalska"


@pytest.mark.parametrize(
    ("entity_type", "value", "other"),
    [
        ("PHONE_NUMBER", "+1 202-555-0143", lambda made: re.sub(r"\D", "", made)),
        ("PHONE_NUMBER", "+1 202-555-0143", lambda made: made.replace("-", " ")),
        ("CREDIT_CARD", "4111111111111111", lambda made: re.sub(r"(\d{4})(?=\d)", r"\1-", made)),
        ("IBAN_CODE", "DE89370400440532013000", lambda made: re.sub(r"(.{4})(?=.)", r"\1 ", made)),
        ("EMAIL_ADDRESS", "anna@kowalska.pl", str.upper),
    ],
)
def test_numbers_are_known_with_other_separators(entity_type: str, value: str, other: object) -> None:
    """A model that sets a number in other groups still means it."""
    known = vault(LETTER)
    made = known.stand_in(entity_type, value, LETTER)
    assert restored(f"it is {other(made)}, so", known) == f"it is {value}, so"  # type: ignore[operator]  # a function


@pytest.mark.parametrize("around", ["x{}", "{}x", "a.{}", "{}.au", "{}7"])
def test_a_stand_in_is_no_part_of_anything_longer(around: str) -> None:
    """An address that only begins or ends like a stand-in is another address."""
    known = vault(LETTER)
    text = around.format(known.stand_in("EMAIL_ADDRESS", "anna@kowalska.pl", LETTER))
    assert restored(text, known) == text


@pytest.mark.parametrize("value", ["44051401359", "02070803628"])
def test_a_number_with_a_checksum_gets_one(value: str) -> None:
    """Where the detectors confirm the original, they confirm its stand-in; here Poland's PESEL."""
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)

    def confirm(entity_type: str, number: str) -> bool:
        digits = zip(weights, map(int, number), strict=True)
        return entity_type == "PL_PESEL" and sum(weight * digit for weight, digit in digits) % 10 == 0

    known = vault(LETTER)
    known.stand_ins.confirm_with(confirm)
    made = known.stand_in("PL_PESEL", value, LETTER)
    assert confirm("PL_PESEL", value)
    assert confirm("PL_PESEL", made)
    assert made != value


def test_stand_ins_are_known_again_by_another_process() -> None:
    """What one vault issued, another of the same key and scope reads back."""
    first = vault(LETTER)
    made = [
        first.stand_in(*each, LETTER) for each in (("PERSON", "Anna Kowalska"), ("PL_PESEL", "44051401359"))
    ]
    second = vault(LETTER)
    for each in first.stand_ins.issued():
        second.know_stand_in(each)
    assert restored(" or ".join(made), second) == "Anna Kowalska or 44051401359"
    assert second.stand_in("PERSON", "Anna Kowalska", LETTER) == made[0]
