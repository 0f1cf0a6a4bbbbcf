"""Placeholders found again in text that a model, or a caller, wrote.

Models change what they copy: case, brackets, labels, Markdown and JSON and HTML escapes, spaces, lines. All
of these are read, for the digest alone decides; what it means is settled by the request's own vault, so a
made-up token, or that of another department, is no more than text. A label without a digest is never read
as a token: masking writes such labels too, and they may stand for anybody.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from redaction.placeholders import INVISIBLE, LITERAL, SIZES, Original, Vault, canonical

_OPEN = r"(?:\\{0,2}\[|\\{1,2}u005[bB]|&#91;|&lbrack;|&lt;|%5[bB]|[<{【⟦\uff3b\u3014])"
_CLOSE = r"(?:\\{0,2}\]|\\{1,2}u005[dD]|&#93;|&rbrack;|&gt;|%5[dD]|[>}】⟧\uff3d\u3015])"
_JOINT = r"(?:\\{0,2}[_\uff3f]|-|&#95;|\\{1,2}u005[fF])"
_WORD = rf"[^\W\d_](?:[{INVISIBLE}]{{0,2}}[^\W_]){{0,31}}"
_WIDE = r"\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_TAIL = rf"[0-9A-Za-z{_WIDE}](?:[{INVISIBLE}]{{0,2}}[0-9A-Za-z{_WIDE}]){{9,26}}"

# All that stands between two brackets, of which the last letters and digits may be a digest.
_BOXED = re.compile(
    rf"(?P<open>{_OPEN})(?P<inside>[^\[\]<>{{}}【】⟦⟧\uff3b\uff3d\u3014\u3015]{{10,96}}?)(?P<close>{_CLOSE})"
)
_BARE = re.compile(
    rf"(?<![0-9A-Za-z])(?:(?P<label>{_WORD}(?:{_JOINT}{_WORD}){{0,5}}?){_JOINT}"
    rf"|(?P<apart>[A-Z][A-Z_]{{2,31}}) )?(?P<digest>{_TAIL})(?![0-9A-Za-z])"
)
# A digest outside brackets is a run of letters and digits as a whole, but for a plural "s".
_RUN = re.compile(rf"[0-9A-Za-z{_WIDE}{INVISIBLE}]{{10,}}")
# The same where there is nothing but ASCII: all that is no letter or digit is a space.
_WORDS_ALONE = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))  # noqa: PLR2004  ASCII
_OPENING = re.compile(r"[\\\[&%<{【⟦\uff3b\u3014]")  # what each way to open a box begins with
_LONGEST_BOX = 128  # code points, brackets and their escapes included
_STRETCH = 8_192
_ESCAPED = re.compile(r"\\{1,2}u005[fF]|&#95;")
_NO_LETTER = re.compile(r"[\W_]+")
_GENITIVE = re.compile(r"['\u2019]?[sS]\s*\Z")

_PAIRS = {"[": "]", "<": ">", "{": "}", "【": "】", "⟦": "⟧", "\uff3b": "\uff3d", "\u3014": "\u3015"}
_NAMED = {
    "u005b": "[", "u005d": "]", "&#91;": "[", "&#93;": "]", "&lbrack;": "[", "&rbrack;": "]",
    "&lt;": "<", "&gt;": ">", "%5b": "[", "%5d": "]",
}  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Mention:
    """A place where a placeholder stands; ``value`` is what stands behind it, None if nothing does."""

    start: int
    end: int
    value: str | None
    literal: bool = False


_START = attrgetter("start")


def lookalikes(text: str) -> Iterator[tuple[int, int]]:
    """The spans of everything that may be a placeholder, whatever it stands for, in no order."""
    for match in _BOXED.finditer(text):
        yield match.span()
    for match in _BARE.finditer(text):
        if canonical(match["digest"]):
            yield match.span()


def restored(text: str, vault: Vault) -> str:
    """The text with the value of each placeholder that the vault resolves; everything else stays."""
    parts: list[str] = []
    position = 0
    for mention in mentions(text, vault):
        if mention.value is not None:
            parts += (text[position : mention.start], mention.value)
            position = mention.end
    return "".join((*parts, text[position:]))


def candidates(pieces: Sequence[str]) -> set[str] | None:
    """Every digest that these pieces of a text may be read to mention, or None if that is hard to say."""
    if any(_may_box(piece) for piece in pieces):
        return None
    # A space ends every run, so none goes on from piece to piece.
    runs = _runs(" ".join(pieces))
    if runs is None:
        return None
    found: set[str] = set()
    for run in runs:
        # A plural or genitive may have lost its apostrophe.
        for written in (run, run[:-1]) if run[-1] in "sS" else (run,):
            if len(written) in SIZES and (digest := canonical(written)):
                found.add(digest)
    return found


def _may_box(piece: str) -> bool:
    # In stretches, for one long search would keep the interpreter from everybody else.
    return _OPENING.search(piece) is not None and any(
        _BOXED.search(piece, at, at + _STRETCH + _LONGEST_BOX) for at in range(0, len(piece), _STRETCH)
    )


def _runs(text: str) -> list[str] | None:
    """The runs of letters and digits that are long enough to be a digest; None if one may hide another."""
    if text.isascii():
        words = text.encode().translate(_WORDS_ALONE).split()
        runs = [word.decode() for word in words if len(word) >= SIZES[0]]
    else:
        runs = [run[0] for run in _RUN.finditer(text)]
        if not all(map(str.isascii, runs)):
            return None
    return None if any("005f" in run.lower() for run in runs) else runs


def mentions(text: str, vault: Vault) -> Iterator[Mention]:
    """What looks like a placeholder and where stand-ins stand, in order, without overlaps."""
    # Most texts hold no placeholder of the vault, and telling so costs a twentieth of looking for them.
    tokens = _tokens(text, vault) if vault.may_resolve(text) else iter(())
    if not len(vault.stand_ins):
        yield from tokens
        return
    found = [*tokens, *(Mention(*place) for place in vault.stand_ins.mentions(text))]
    position = 0
    for mention in sorted(found, key=_START):
        if mention.start >= position:
            yield mention
            position = mention.end


def _tokens(text: str, vault: Vault) -> Iterator[Mention]:
    position = 0
    for match in _BOXED.finditer(text):
        mention = _boxed(match, vault)
        if mention is not None:
            yield from _bare_ones(text, position, mention.start, vault)
            yield mention
            position = mention.end
    yield from _bare_ones(text, position, len(text), vault)


def _bare_ones(text: str, position: int, end: int, vault: Vault) -> Iterator[Mention]:
    while match := _BARE.search(text, position, end):
        mention = _bare(match, vault)
        # What is no digest may hold one further on: "a-b-k7q2m9xcrt".
        position = mention.end if mention else max(match.start("digest"), match.start() + 1)
        if mention is not None:
            yield mention


def _boxed(match: re.Match[str], vault: Vault) -> Mention | None:
    if _PAIRS.get(_plain(match["open"])) != _plain(match["close"]):
        return None
    inside = _ESCAPED.sub("_", match["inside"])
    found = _resolved(_NO_LETTER.sub("", inside), vault)
    genitive = ""
    if found is None and (ending := _GENITIVE.search(inside)):
        found = _resolved(_NO_LETTER.sub("", inside[: ending.start()]), vault)
        genitive = ending[0].rstrip()
    if found is None:
        return None
    original, before = found
    if not _is_label(before, inside, original):
        return None
    slashes = len(match["open"]) - len(match["open"].lstrip("\\"))
    # A backslash before the opening bracket alone is not an escape of ours.
    start = match.start() + (0 if match["close"].startswith("\\") else slashes)
    return Mention(start, match.end(), original.value + genitive, original.label == LITERAL)


def _resolved(letters: str, vault: Vault) -> tuple[Original, str] | None:
    """What the digest at the end of these letters and digits stands for, and the letters before it."""
    for size in SIZES:
        digest = canonical(letters[-size:]) if len(letters) >= size else None
        original = vault.original(digest) if digest else None
        if original is not None:
            return original, letters[:-size]
    return None


def _is_label(before: str, inside: str, original: Original) -> bool:
    """Whether what stands before a digest in brackets is its label or a translation, and not a sentence."""
    label = original.label.replace("_", "")
    if before.upper().endswith(label):
        return len(before) == len(label)
    return len(inside.split()) <= original.label.count("_") + 3


def _bare(match: re.Match[str], vault: Vault) -> Mention | None:
    written, end = match["digest"], match.end("digest")
    digest = canonical(written)
    original = None if digest is None else vault.original(digest)
    if original is None and written[-1] in "sS":
        # "PERSON_k7q2m9xcrts": a plural or genitive that lost its apostrophe.
        shorter = canonical(written[:-1])
        original = None if shorter is None else vault.original(shorter)
        end -= original is not None
        digest = digest or shorter
    if digest is None:
        return None
    if original is None:
        return Mention(match.start(), match.end(), None)
    return Mention(_bare_start(match, original), end, original.value, original.label == LITERAL)


def _bare_start(match: re.Match[str], original: Original) -> int:
    if match["apart"] is not None:
        ours = match["apart"] == original.label
        return match.start() if ours else match.start("digest")
    if match["label"] is None:
        return match.start("digest")
    written = _ESCAPED.sub("_", match["label"]).replace("\\", "").upper()
    if written.endswith(original.label) and len(written) == len(match["label"]):
        # Something that is not ours may stick to the front ("\\nPERSON_...").
        return match.end("label") - len(original.label)
    return match.start("label")


def _plain(bracket: str) -> str:
    bare = bracket.lstrip("\\").lower()
    return _NAMED.get(bare, bare)
