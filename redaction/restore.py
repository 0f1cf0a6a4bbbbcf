"""Placeholders found again in text that a model, or a caller, wrote.

Models change what they copy: case, brackets, Markdown and JSON and HTML escapes, spaces. All of these are
read; what they mean is settled by the request's own vault alone, so a made-up token, or that of another
department, is no more than text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from redaction.placeholders import LITERAL, Vault, canonical

_OPEN = r"(?:\\{0,2}\[|\\{1,2}u005[bB]|&#91;|&lbrack;|&lt;|[<{【⟦])"
_CLOSE = r"(?:\\{0,2}\]|\\{1,2}u005[dD]|&#93;|&rbrack;|&gt;|[>}】⟧])"
_JOINT = r"(?:\\{0,2}_|-|&#95;|\\{1,2}u005[fF])"
_LOOSE_JOINT = rf"(?: ?{_JOINT} ?| )"  # a space may stand for the underscore only inside brackets
_WORD = r"[A-Za-z][A-Za-z0-9]{0,31}"
_TAIL = r"[0-9A-Za-z]{10,27}"

_BRACKETED = (
    rf"(?P<open>{_OPEN}) ?(?P<type1>{_WORD}(?:{_LOOSE_JOINT}{_WORD}){{0,5}}?){_LOOSE_JOINT}"
    rf"(?P<digest1>{_TAIL})(?P<genitive>'s)? ?(?P<close>{_CLOSE})"
)
_BARE = (
    rf"(?<![A-Za-z0-9])(?P<type2>{_WORD}(?:{_JOINT}{_WORD}){{0,5}}?){_JOINT}"
    rf"(?P<digest2>{_TAIL})(?![A-Za-z0-9])"
)
_LIKE_PLACEHOLDER = re.compile(f"{_BRACKETED}|{_BARE}")

_PAIRS = {"[": "]", "<": ">", "{": "}", "【": "】", "⟦": "⟧"}
_NAMED = {
    "u005b": "[", "u005d": "]", "&#91;": "[", "&#93;": "]", "&lbrack;": "[", "&rbrack;": "]",
    "&lt;": "<", "&gt;": ">",
}  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Mention:
    """A place that looks like a placeholder; ``value`` is what stands behind it, or None if nothing does."""

    start: int
    end: int
    value: str | None
    literal: bool = False


def lookalikes(text: str) -> Iterator[tuple[int, int]]:
    """The spans of everything shaped like a placeholder, whatever it stands for."""
    return (match.span() for match in _LIKE_PLACEHOLDER.finditer(text))


def restored(text: str, vault: Vault) -> str:
    """The text with the value of each placeholder that the vault resolves; everything else stays."""
    parts: list[str] = []
    position = 0
    for mention in mentions(text, vault):
        if mention.value is not None:
            parts += (text[position : mention.start], mention.value)
            position = mention.end
    return "".join((*parts, text[position:]))


def mentions(text: str, vault: Vault) -> Iterator[Mention]:
    """What looks like a placeholder, in order, without overlaps; nothing if none of it resolves."""
    # Most texts hold no placeholder of the vault, and telling so costs a twentieth of looking for them.
    if not vault.may_resolve(text):
        return
    position = 0
    while match := _LIKE_PLACEHOLDER.search(text, position):
        mention = _mention(match, vault)
        if mention is not None:
            yield mention
            position = mention.end
        else:
            position = match.start() + 1


def _mention(match: re.Match[str], vault: Vault) -> Mention | None:
    kind = "1" if match["open"] is not None else "2"
    written = match[f"digest{kind}"]
    digest = canonical(written)
    original = None if digest is None else vault.original(digest)
    end = match.end(f"digest{kind}")
    if original is None and written[-1] in "sS":
        # "PERSON_k7q2m9xcrts": a plural or genitive that lost its apostrophe.
        digest = canonical(written[:-1])
        original = None if digest is None else vault.original(digest)
        end -= original is not None
    if digest is None:
        return None
    start = match.start(f"type{kind}")
    if original is None:
        return Mention(match.start(), match.end(), None)
    literal = original.label == LITERAL
    if kind == "1" and _paired(match["open"], match["close"]):
        slashes = len(match["open"]) - len(match["open"].lstrip("\\"))
        # A backslash before the opening bracket alone is not an escape of ours.
        start = match.start() + (0 if match["close"].startswith("\\") else slashes)
        return Mention(start, match.end(), original.value + (match["genitive"] or ""), literal)
    if match[f"type{kind}"].upper().endswith(original.label):
        # Something that is not ours may stick to the front ("\\nPERSON_...").
        start = match.end(f"type{kind}") - len(original.label)
    return Mention(start, end, original.value, literal)


def _paired(opening: str, closing: str) -> bool:
    return _PAIRS.get(_plain(opening)) == _plain(closing)


def _plain(bracket: str) -> str:
    bare = bracket.lstrip("\\").lower()
    return _NAMED.get(bare, bare)
