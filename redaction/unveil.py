"""Other ways to read a text, for values that a person sees through and a pattern does not.

A view is the text as it would be without one kind of disguise, and leads back to the places of the original.
Everything here is pure.
"""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

_ROUNDS = 2  # an address may be encoded twice: `%2540`
_PRINTABLE = 0.95
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ufe00-\ufe0f\ufeff"
)
_LOOKALIKES = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαενιρ",
        "ABESIJKMHOPCTYXaesijopcyxhdqwABEZHIKMNOPTYXoaevip",
        strict=True,
    )
)
_LETTER = f"[{''.join(_LOOKALIKES)}]"
_DISGUISED = re.compile(
    rf"[{_INVISIBLE}]|[\uff01-\uff5e\u3000\u2460-\u249b\U0001d400-\U0001d7ff]|[^\W\d_a-zA-Z]?(?:{_LETTER})(?=[A-Za-z0-9@._\-])|(?<=[A-Za-z0-9@._\-]){_LETTER}|[^\x00-\x7f](?<=\d)"
)
# Beyond ASCII, what letters with marks, punctuation and currencies are not; all that is disguised has one.
_DOUBTFUL = re.compile("[^\x00-\xac\xae-\u024f\u2010-\u2027\u2030-\u205e\u20a0-\u20cf]")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{16,8192}={0,2}")
_SPACED = re.compile(r"(?<!\w)[^\W_](?:([ ._\-*|]{1,2})[\w@.+]){6,200}(?!\w)")
_BROKEN = re.compile(r"(?<=\d)[ \-]?\r?\n[ \t>]{0,4}(?=\d)")
_OPEN, _CLOSE = r"(?:\s?[\[({<]\s?|\s)", r"(?:\s?[\])}>]\s?|\s)"
_DOT = r"(?:dot|punkt|point|punto|ponto|kropka|punt)"
# Spelled out, an address ends in what addresses end in, or "meet at the point of" would be one.
_ENDS = r"(?:com|org|net|edu|gov|info|biz|eu|de|at|ch|fr|be|es|it|nl|pt|br|pl|uk|ie|io|co|us|ca|au|example)\b"
_TAIL = rf"[\w\-]{{1,40}}(?:{_OPEN}{_DOT}{_CLOSE}|\.)"
_SPELLED = re.compile(
    rf"(?<=\w)(?:{_OPEN}(?:at|ät|arroba|chiocciola|apenstaartje|małpa|arobase|klammeraffe){_CLOSE}|@)"
    rf"(?=(?:{_TAIL}){{1,4}}{_ENDS})|(?<=\w){_OPEN}{_DOT}{_CLOSE}(?=(?:{_TAIL}){{0,3}}{_ENDS})",
    re.IGNORECASE,
)
# What a text has that may be unveiled, in the syntax of rules; a text with none of it, and in which no
# character is disguised, has no views.
SIGNS = (
    r"%[0-9A-F]{2}",
    r"&#?\w{2,8};",
    r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{16,64}",
    r"(?<!\w)\w(?:[ ._\-*|]{1,2}[\w@.+]){6}",
    r"\d[ \-]?\r?\n[ \t>]{0,4}\d",
    rf"[\[({{< \n]{_DOT}[\])}}> \n]",
)
_TOKENS, _SPACES, _BREAKS, _WORDS = 2, 3, 4, 5
_CODED = frozenset((0, 1))
_LEAST_TOKEN = 16
# Where each sign was seen, by the end of its least; None for a sign that may stand anywhere.
Seen: TypeAlias = Mapping[int, Sequence[int] | None]
ALL_SIGNS: Seen = MappingProxyType(dict.fromkeys(range(len(SIGNS))))


@dataclass(frozen=True, slots=True)
class View:
    """A text, and for each of its code points where in the original it comes from, half open."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that ``start..end`` of this text, not empty, comes from."""
        return self.starts[start], max(self.ends[start:end])


def views(text: str, seen: Seen = ALL_SIGNS) -> list[View]:
    """Each other way to read the text that differs from it; ``seen`` says which signs it has, and where."""
    if not seen and text.isascii():
        return []
    found: list[View] = []
    decoded = _undisguised(text, coded=not _CODED.isdisjoint(seen))
    if decoded is not None:
        found.append(decoded)
        seen = ALL_SIGNS
    shown = text if decoded is None else decoded.text
    for sign, seek in ((_SPACES, _spaced), (_BREAKS, _breaks), (_WORDS, _spelled)):
        if sign in seen and (pieces := seek(shown)):
            found.append(_replaced(decoded or _whole(text), pieces))
    if _TOKENS in seen and (tokens := _tokens(shown, seen[_TOKENS])):
        found.append(_decoded(decoded or _whole(text), tokens))
    return found


def _undisguised(text: str, *, coded: bool) -> View | None:
    """The text without escapes and with plain characters; None where it has none of either."""
    if text.isascii() and not coded:
        return None
    view: View | None = None
    shown = text
    for _ in range(_ROUNDS):
        pieces = [*_characters(shown), *_escapes(shown)]
        if not pieces:
            break
        view = _replaced(view or _whole(text), pieces)
        shown = view.text
    return view


def _whole(text: str) -> View:
    return View(text, tuple(range(len(text))), tuple(range(1, len(text) + 1)))


_Piece = tuple[int, int, list[tuple[str, int, int]]]  # a span, and what stands there instead, with its places


def disguises(text: str) -> list[_Piece]:
    """Escaped and disguised characters in order, each with what stands there instead."""
    return sorted([*_characters(text), *_escapes(text)])


def _replaced(view: View, pieces: list[_Piece]) -> View:
    if not pieces:
        return view
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, instead in sorted(pieces):
        if start < at:
            continue
        chars.append(view.text[at:start])
        starts += view.starts[at:start]
        ends += view.ends[at:start]
        for text, low, high in instead:
            chars.append(text)
            starts += [view.starts[low]] * len(text)
            ends += [view.ends[high - 1]] * len(text)
        at = end
    chars.append(view.text[at:])
    return View("".join(chars), (*starts, *view.starts[at:]), (*ends, *view.ends[at:]))


def _characters(text: str) -> Iterator[_Piece]:
    if text.isascii() or not _DOUBTFUL.search(text):
        return
    for match in _DISGUISED.finditer(text):
        for at in range(*match.span()):
            plain = _plain(text[at])
            if plain != text[at]:
                yield at, at + 1, [(plain, at, at + 1)]


def _plain(char: str) -> str:
    if re.match(f"[{_INVISIBLE}]", char):
        return ""
    value = unicodedata.decimal(char, None)
    return str(value) if value is not None else _LOOKALIKES.get(char) or unicodedata.normalize("NFKC", char)


def _escapes(text: str) -> Iterator[_Piece]:
    if "%" in text:
        for match in _PERCENT.finditer(text):
            yield from _percent(match.group(), match.start())
    if "&" in text:
        for match in _ENTITY.finditer(text):
            plain = html.unescape(match.group())
            if plain != match.group():
                yield (*match.span(), [(plain, *match.span())])


def _percent(run: str, start: int) -> Iterator[_Piece]:
    try:
        plain = bytes.fromhex(run.replace("%", "")).decode()
    except UnicodeDecodeError:
        return
    instead = []
    at = start
    for char in plain:
        size = 3 * len(char.encode())
        instead.append((char, at, at + size))
        at += size
    yield start, start + len(run), instead


def _spaced(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for match in _SPACED.finditer(text):
        joint = match.group(1)
        at = text.find(joint, match.start())
        while 0 <= at < match.end():
            pieces.append((at, at + len(joint), []))
            at = text.find(joint, at + len(joint) + 1)
    return pieces


def _breaks(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for match in _BROKEN.finditer(text):
        before = len(text[max(0, match.start() - 5) : match.start()]) - len(
            text[max(0, match.start() - 5) : match.start()].rstrip("0123456789")
        )
        grouped = before <= 4  # noqa: PLR2004  cards, IBANs and telephones are written in groups of up to four
        pieces.append((*match.span(), [(" ", *match.span())] if grouped else []))
    return pieces


def _spelled(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for match in _SPELLED.finditer(text):
        dot = re.search(_DOT, match.group(), re.IGNORECASE) is not None
        pieces.append((*match.span(), [("." if dot else "@", *match.span())]))
    return pieces if any(text[start:end] != "@" for start, end, _ in pieces) else []


def _tokens(text: str, ends: Sequence[int] | None) -> list[tuple[int, int, str]]:
    # In a text's shadow digits of other scripts look like ASCII's, so only in ASCII is what was seen all.
    if ends is None or not text.isascii():
        matches: Iterable[re.Match[str]] = _BASE64.finditer(text)
    else:
        tried = (_BASE64.match(text, end - _LEAST_TOKEN) for end in ends)
        matches = (match for match in tried if match is not None)
    told = ((*match.span(), _from_base64(match.group())) for match in matches)
    return [each for each in told if each[2]]


def _decoded(view: View, tokens: Sequence[tuple[int, int, str]]) -> View:
    starts: list[int] = []
    ends: list[int] = []
    for low, high, plain in tokens:
        starts += [view.starts[low]] * (len(plain) + 1)
        ends += [view.ends[high - 1]] * (len(plain) + 1)
    return View("".join(f"{plain}\n" for _, _, plain in tokens), tuple(starts), tuple(ends))


def _from_base64(token: str) -> str:
    """The text in a token; nothing where it holds none."""
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    if body.islower() or body.isupper() or body.isdigit():
        return ""
    try:
        plain = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    shown = sum(char.isprintable() or char in "\r\n\t" for char in plain)
    return plain if shown >= _PRINTABLE * len(plain) else ""
