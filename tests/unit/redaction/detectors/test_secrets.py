from functools import cache

import pytest
from snippets import holding, holding_nothing

from redaction.detectors import secrets
from redaction.detectors._issuers import NAMES, forms
from redaction.rules import RuleDetector


@cache
def built() -> RuleDetector:
    """The detector with its default options."""
    return secrets.build(secrets.Options())


def found(text: str) -> list[str]:
    """The values found in ``text``."""
    return [text[each.start : each.end] for each in built().detect([text])[0]]


def is_covered(text: str, secret: str) -> bool:
    """Whether at least nine tenths of the secret are found."""
    at = text.index(secret)
    covered = {place for each in built().detect([text])[0] for place in range(each.start, each.end)} & set(
        range(at, at + len(secret))
    )
    return len(covered) >= 0.9 * len(secret)


def test_secrets_in_code_and_config_are_found() -> None:
    """Of generated secrets 95 in 100 are covered, and of texts with a finding 90 in 100 hold a secret."""
    positives = list(holding(7, 600))
    missed = [(text, secret) for text, secret in positives if not is_covered(text, secret)]
    wrong = [text for text in holding_nothing(8, 600) if found(text)]
    assert len(missed) <= 0.05 * len(positives), missed[:5]
    assert len(wrong) <= 0.1 * len(positives), wrong[:5]


def test_at_least_150_issuers_are_known() -> None:
    """The table of forms and the list of names together know at least as many issuers as open scanners do."""
    issuers = {entity_type.partition("_")[0].lower() for entity_type, _ in forms()} | set(NAMES)
    assert len(issuers) >= 150


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "AIza" + "Sy0aB-" * 5 + "Sy0aB",
        "glpat-" + "a1B2c3D4e5" * 2,
        "xapp-1-A0123456789-1234567890123-" + "0af3" * 16,
        "npm_" + "a1B2" * 9,
        "hf_" + "abCDefGHij" * 3 + "klMN",
        "SG." + "aB3dE6gH9k" * 2 + "xY" + "." + "aB3dE6gH9k" * 4 + "xYz",
        "dop_v1_" + "0af3" * 16,
        "lin_api_" + "aB3d" * 10,
    ],
)
def test_a_token_is_known_by_its_form(token: str) -> None:
    """A token of a published form needs no word beside it, and is not found inside a longer word."""
    assert token in found(f"use {token} there")
    assert token not in found(f"use x{token}x there")


@pytest.mark.parametrize("text", ["token=" * 6_000, "password: " * 3_000, "A" * 50_000, "eyJ" * 20_000])
def test_a_hostile_text_is_answered(text: str) -> None:
    """Text made of beginnings of secrets is answered, whatever it holds."""
    assert isinstance(found(text), list)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Das Kennwort für den Testserver im Keller lautet Regen-1972.", "Regen-1972"),
        ("la contraseña del panel es Nube77Roja", "Nube77Roja"),
        ('The password "dune!Basil9" is refused', "dune!Basil9"),
        ("log in as tom with the password Basil4dune please", "Basil4dune"),
        ("Zugangsdaten: tom / Basil4dune", "Basil4dune"),
        ("sign in with Basil4dune as the password", "Basil4dune"),
        ('put("smtp.password", "Basil-dune4")', "Basil-dune4"),
        ("db1:5432:crm:tom:Basil4dune", "Basil4dune"),
        ("sshpass -p 'Basil4dune' ssh tom@10.0.0.1", "Basil4dune"),
        ("zip -P Basil4dune out.zip a.csv", "Basil4dune"),
        ("echo 'tom:Basil4dune' | chpasswd", "Basil4dune"),
        ("Cookie: lang=de; sessionid=8fj2k1m9x0p3q7r5", "8fj2k1m9x0p3q7r5"),
        ("GET /f?X-Amz-Signature=9d990c707beb65a0db35458c HTTP/1.1", "9d990c707beb65a0db35458c"),
        ("https://corp.example/r?token=k3J9-xq0ZpR2_vL8sM1n&x=1", "k3J9-xq0ZpR2_vL8sM1n"),
    ],
)
def test_a_secret_is_found_where_nothing_is_assigned(text: str, secret: str) -> None:
    """Sentences, pairs, commands, cookies and queries give a secret away as an assignment does."""
    assert is_covered(text, secret)


@pytest.mark.parametrize(
    "text",
    [
        "the password hash is made with SHA-256 and 12 rounds",
        "Passwort: siehe Tresor",
        "postgres://user:password@localhost/app",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:crm-9x8Nmd",
        '<input type="password" name="password" autocomplete="current-password">',
        "'UITokenDelegate', 'UITokenDriverConfiguration'",
        "PASSWORD_RESET_TIMEOUT = 259200",
        "https://shop.example/p?key=winter-jacket-blue-large",
        "session_id=0b5f9a3e-6d0c-4c1f-9f54-3a1de5b0c7aa user logged out",
    ],
)
def test_what_only_stands_near_such_a_word_is_no_secret(text: str) -> None:
    """Words, names of code, stand-ins of handbooks and slugs stay."""
    assert found(text) == []
