"""Texts with a secret, and as many that only look like it; nothing here ever was a key to anything."""

import base64
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from redaction.evaluation.made.draw import Draw
from redaction.evaluation.samples import Gold, Sample

_FOLDER = Path(__file__).parent
_LABEL = "SECRET"
_SECRET = re.compile(r"\[\[(\w)(?::(.*?))?\]\]")
_WORDS = (
    "Autumn", "copper", "Lagoon", "pepper", "Falcon", "orchid", "Harbour", "velvet", "Kiesel", "Wolke",
    "soleil", "Montagne", "girasol", "Tramonto", "fiets", "Zonnebloem", "janela", "Jablko", "chmura",
    "P4ssw0rd", "Welcome",
)  # fmt: skip
_PLACES = (
    "{name}: {token}",
    "{key}={token}",
    '{key} = "{token}"',
    '  "{key}": "{token}",',
    "{key}: {token}",
    "Here is the {name}: {token}",
    "Why does {token} not work as {name} any more?",
    "INFO calling upstream with {name} {token}",
    "```\ncurl -s https://api.corp.example -H 'X-Token: {token}'\n```",
)
_NAMED_PLACES = _PLACES[1:5]


def samples(rows: int = 2_400) -> list[Sample]:
    """``rows`` texts, half of them without a secret, in a random order; the same in every run."""
    draw = Draw("secrets")
    made = [*_with(draw, rows // 4), *_with_tokens(draw, rows // 2 - rows // 4)]
    made += _without(draw, rows - len(made))
    draw.shuffle(made)
    return made


def _with(draw: Draw, rows: int) -> Iterator[Sample]:
    """Passwords, keys and tokens where code, settings and letters have them; each form equally often."""
    forms = _lines("with.txt")
    for number in range(rows):
        language, text = forms[number % len(forms)]
        at = _SECRET.search(text)
        if at is None:
            raise ValueError(f"a text without a secret: {text}")
        value = draw.shaped(at[2]) if at[1] == "k" else _MADE[at[1]](draw)
        yield _marked(f"{text[: at.start()]}{value}{text[at.end() :]}", value, language)


def _with_tokens(draw: Draw, rows: int) -> Iterator[Sample]:
    """Tokens of issuers; those without a form of their own stand beside their name."""
    tokens = [line.split("\t") for _, line in _lines("tokens.txt")]
    for number in range(rows):
        name, form = tokens[number % len(tokens)]
        plain = name.lstrip("*")
        token = draw.shaped(form)
        key = plain.upper().replace(" ", "_").replace(".", "_")
        place = draw.one(_NAMED_PLACES if name != plain else _PLACES)
        yield _marked(place.format(name=plain.replace("_", " "), key=key, token=token), token, "")


def _without(draw: Draw, rows: int) -> Iterator[Sample]:
    texts = _lines("without.txt")
    for number in range(rows):
        language, text = texts[number % len(texts)]
        yield Sample(draw.shaped(text), (), language)


def _marked(text: str, value: str, language: str) -> Sample:
    start = text.index(value)
    return Sample(text, (Gold(start, start + len(value), _LABEL),), language)


@cache
def _lines(name: str) -> tuple[tuple[str, str], ...]:
    """The texts of a file with their languages; the empty one where none is said."""
    told = []
    for line in (_FOLDER / name).read_text("utf-8").splitlines():
        if line and not line.startswith("# "):
            language, bar, text = line.partition("|")
            if not bar or not re.fullmatch("[a-z]{2}", language):
                language, text = "", line
            told.append((language, text.replace("\\n", "\n").replace("\\\\", "\\")))
    return tuple(told)


def _password(draw: Draw) -> str:
    """As people make them, and as generators do."""
    word, other = draw.one(_WORDS), draw.one(_WORDS)
    return draw.one((
        f"{word}{draw.number(10, 9999)}{draw.one('!?#*$')}",
        f"{word}{draw.one('-_.+')}{other}{draw.number(1, 99)}",
        f"{word}{draw.number(1950, 2026)}",
        f"{word}-{other}-{draw.one(_WORDS)}-{draw.number(1, 99)}",
        draw.shaped("<a3>") + draw.one("!#%*+=@^~?") + draw.shaped("<a7>7"),
        draw.shaped("<a16>"),
        draw.shaped(f"<a4>{draw.one('%#!*?^')}<w9>{draw.one('!#*?')}<a2>"),
    ))  # fmt: skip


def _basic(draw: Draw) -> str:
    return base64.b64encode(f"svc-{draw.shaped('<l4>')}:{_password(draw)}".encode()).decode()


def _hash(draw: Draw) -> str:
    return draw.one((
        draw.shaped("$2b$12$<a53>"), draw.shaped("$6$<a16>$<a86>"), draw.shaped("$y$j9T$<a22>$<a43>"),
        draw.shaped("$argon2id$v=19$m=65536,t=3,p=4$<a22>$<a43>"),
    ))  # fmt: skip


def _signed(draw: Draw) -> str:
    """A JSON web token."""
    head, claims = (
        b'{"alg":"RS256","typ":"JWT"}',
        f'{{"sub":"{draw.shaped("<d8>")}","exp":1790000000}}'.encode(),
    )
    parts = [head, claims, draw.octets(draw.one((32, 256)))]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _key_file(draw: Draw) -> str:
    kind = draw.one(("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "))
    lines = "\n".join(draw.shaped("<b64>") for _ in range(draw.number(3, 12)))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


_MADE: dict[str, Callable[[Draw], str]] = {
    "p": _password, "b": _basic, "h": _hash, "j": _signed, "m": _key_file,
}  # fmt: skip
