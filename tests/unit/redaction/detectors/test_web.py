from functools import cache

import pytest

from redaction.base import Finding
from redaction.detectors import patterns, secrets
from redaction.rules import JoinedRules


@cache
def built() -> JoinedRules:
    """All rules of the default detectors, as requests run them."""
    return JoinedRules([patterns.build(patterns.Options()), secrets.build(secrets.Options())])


def detected(text: str) -> list[Finding]:
    """The findings of ``text``."""
    return built().detect([text])[0]


def found(text: str, *entity_types: str) -> set[str]:
    """The values of these types in ``text``."""
    return {text[each.start : each.end] for each in detected(text) if each.entity_type in entity_types}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("My site is http://KaterinaFotos.cz/, have a look", "http://KaterinaFotos.cz/"),
        ("see (https://intra.acme-corp.de/wiki/Plan_(2026)).", "https://intra.acme-corp.de/wiki/Plan_(2026)"),
        ("auf www.zahnarzt-meier.de steht", "www.zahnarzt-meier.de"),
        ("build failed: https://ci.acme.io:8443/job/42?x=1#log", "https://ci.acme.io:8443/job/42?x=1#log"),
        ("by https://github.com/katjab91", "https://github.com/katjab91"),
    ],
)
def test_the_address_of_a_site_is_found(text: str, url: str) -> None:
    """A host that not everybody knows says whose it is; the address ends where a reader ends it."""
    assert url in found(text, "URL")


@pytest.mark.parametrize(
    "text",
    [
        "see https://docs.python.org/3/library/re.html.",
        'xmlns="http://www.w3.org/2001/XMLSchema"',
        "POST https://api.example.com/v1/orders",
        "https://en.wikipedia.org/wiki/Merkle_tree",
        "http://localhost:8080/health and https://shop.test/",
        "https://${HOST}/v1 and https://{host}/v1",
    ],
)
def test_an_address_that_tells_nothing_stays(text: str) -> None:
    """Hosts that everybody knows, reserved names and variables are left alone."""
    assert found(text, "URL") == set()


@pytest.mark.parametrize(
    ("text", "value", "entity_type"),
    [
        ("GET /find?name=Katja+Brandt&page=2", "Katja+Brandt", "PERSON"),
        ("GET /find?customer_name=katja%20brandt", "katja%20brandt", "PERSON"),
        ("GET /find?firstname=katja&last_name=M%C3%BCller", "M%C3%BCller", "PERSON"),
        ("https://www.google.com/maps?user=katjab", "katjab", "USERNAME"),
        ("GET /patients/48213/letters", "48213", "ID"),
        ("GET /find?mail=katja%40brandt.example&x=1", "katja%40brandt.example", "EMAIL_ADDRESS"),
        ("GET /find?q=katja@brandt.example", "katja@brandt.example", "EMAIL_ADDRESS"),
    ],
)
def test_what_stands_in_an_address_is_found(text: str, value: str, entity_type: str) -> None:
    """Names, users, numbers of people and mail addresses are found in queries and paths, however encoded."""
    assert any(value in each for each in found(text, entity_type))


def test_a_secret_in_an_address_counts_as_one() -> None:
    """An address that is masked whole hides no secret from the policy's count of secrets."""
    text = "https://intra.acme-corp.de/x?access_token=k3J9xq0ZpR2vL8sM1nQ4"
    assert {each.category for each in detected(text)} == {"personal", "secret"}


@pytest.mark.parametrize(
    "text", ["/find?name=config", "/find?name=main.js&sort=name", "/users/settings", "?user=admin"]
)
def test_things_have_names_too(text: str) -> None:
    """One word in small letters, a file and a page of settings are nobody."""
    assert found(text, "PERSON", "USERNAME", "ID") == set()


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("RT @KatjaB91: hi @tom_b!", {"@KatjaB91", "@tom_b"}),
        ("@katjab not today", {"@katjab"}),
        ("good man (@katjab)", {"@katjab"}),
    ],
)
def test_a_handle_is_found_in_a_sentence(text: str, handles: set[str]) -> None:
    """A handle names somebody, whatever the platform."""
    assert found(text, "USERNAME") == handles


@pytest.mark.parametrize(
    "text",
    [
        "@dataclass\nclass A:\n    @property\n    def b(self): ...",
        "@app.route('/x')\n@login_required\ndef x(): ...",
        "@Override public String toString() {",
        "@media (max-width: 3px) { a { color: red } }",
        " * @param katja the name",
        "import type { A } from '@types/node'",
        "SELECT @total := @total + 1",
        "hello @everyone and @here",
    ],
)
def test_what_only_begins_like_a_handle_is_none(text: str) -> None:
    """Decorators, annotations, style sheets, tags of comments, packages and variables stay."""
    assert found(text, "USERNAME") == set()
