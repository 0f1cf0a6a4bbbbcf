from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from redaction import operators
from redaction.base import Finding
from redaction.detection import Detection
from redaction.errors import RefusedByPlan
from redaction.json_text import JsonPieces, escape
from redaction.mend import mend, splits_pair
from redaction.operators import Plan
from redaction.placeholders import Vault
from redaction.restore import lookalikes, mentions
from redaction.spans import Places, clip, merge, uncovered, values_of
from redaction.window import Segment, Window


@dataclass(frozen=True, slots=True, repr=False)
class RedactedReply:
    """A text of a reply as the caller may have it; ``counts`` is what was masked, by entity type."""

    text: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, repr=False)
class _Part:
    """A segment and the place it has: ``inside`` a JSON string or not, None where the text is no JSON."""

    segment: Segment
    inside: bool | None = None


@dataclass(frozen=True, slots=True, repr=False)
class _Edit:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class ReplyTerms:
    """How a channel is treated: whose values come back, what is masked, how much may be held back."""

    vault: Vault
    plan: Plan
    restore: bool
    json_strings: bool
    holdback: int


class StreamRedactor:
    """One channel of a reply: restores the caller's own values and masks what the model made up, in one pass.

    What comes out is a function of the whole text, however it was cut. Both calls raise ``DetectorFailed``,
    and ``RefusedByPlan`` when the plan refuses something found; ``counts`` is what was masked so far.
    """

    def __init__(self, detection: Detection, terms: ReplyTerms) -> None:
        self._detection = detection
        self._vault = terms.vault
        self._plan = terms.plan
        self._restore = terms.restore
        self._json = JsonPieces() if terms.json_strings else None
        self._window = Window(terms.holdback, self._uncut)
        self._half = ""
        self._inside = False
        self._counts: Counter[str] = Counter()
        self._known: dict[str, Finding] = {}
        self._places: Places | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """What the model produced itself and was taken out, by entity type."""
        return dict(self._counts)

    def feed_plain(self, text: str) -> str | None:
        """What ``feed`` would give, if nothing has to be looked up for it; else None, and nothing was fed."""
        if self._json is not None or self._half or mend(text) is not text:
            return None
        return self._window.push_plain(text)

    async def feed(self, text: str) -> str:
        """What may go out now that this text has come."""
        text = self._half + text
        # The halves of a surrogate pair may come apart; the first waits for the second.
        self._half = text[-1:] if splits_pair(text) else ""
        whole = mend(text[:-1] if self._half else text)
        return await self._redacted(self._parts(whole, final=False))

    async def whole(self, text: str) -> str:
        """A whole text at once, in place of ``feed`` and ``finish``.

        It is looked at in one piece, so more is seen of it than of a stream, which goes by the run of words.
        """
        if self._json is not None:
            return await self.feed(text) + await self.finish()
        return await self._redacted([_Part(Segment(mend(text), suspect=True))])

    async def finish(self) -> str:
        """What is left when nothing follows."""
        rest, self._half = mend(self._half), ""
        return await self._redacted(self._parts(rest, final=True))

    def _uncut(self, text: str) -> Iterator[tuple[int, int]]:
        yield from lookalikes(text)
        for start, end, _ in self._vault.stand_ins.mentions(text):
            yield start, end

    def _parts(self, text: str, *, final: bool) -> list[_Part]:
        if self._json is None:
            segments = self._window.push(text) + (self._window.flush() if final else [])
            return [_Part(segment) for segment in segments]
        return list(self._json_parts(self._json, text, final=final))

    def _json_parts(self, pieces: JsonPieces, text: str, *, final: bool) -> Iterator[_Part]:
        for piece in pieces.push(text, final=final):
            if piece.quote:
                yield from self._placed(self._window.flush())
                yield _Part(Segment(piece.text))
                self._inside = not self._inside
            else:
                yield from self._placed(self._window.push(mend(piece.text)))
        if final:
            yield from self._placed(self._window.flush())

    def _placed(self, segments: Sequence[Segment]) -> Iterator[_Part]:
        return (_Part(segment, self._inside) for segment in segments)

    async def _redacted(self, parts: Sequence[_Part]) -> str:
        suspects = [part.segment for part in parts if part.segment.suspect and _telling(part.segment.text)]
        found: list[list[Finding]] = []
        if suspects:
            found = await self._detection.find([each.before + each.text + each.after for each in suspects])
        findings = iter(found)
        return "".join(
            self._rendered(part, next(findings))
            if part.segment.suspect and _telling(part.segment.text)
            else _written(part.segment.text, part.inside)
            for part in parts
        )

    def _rendered(self, part: _Part, found: Sequence[Finding]) -> str:
        text = part.segment.text
        edits = sorted(self._edits(part.segment, found), key=lambda edit: edit.start)
        pieces: list[str] = []
        position = 0
        for edit in edits:
            pieces.append(_written(text[position : edit.start], part.inside))
            # Between strings, JSON has no bare words: what is put there becomes a string of its own.
            put = _written(edit.text, inside=None if part.inside is None else True)
            pieces.append(f'"{put}"' if part.inside is False else put)
            position = edit.end
        pieces.append(_written(text[position:], part.inside))
        return "".join(pieces)

    def _edits(self, segment: Segment, found: Sequence[Finding]) -> Iterator[_Edit]:
        taken: list[tuple[int, int]] = []
        for mention in mentions(segment.text, self._vault):
            if mention.value is None:
                continue
            taken.append((mention.start, mention.end))
            if self._restore or mention.literal:
                yield _Edit(mention.start, mention.end, mention.value)
        for finding in self._made_up(segment, found, taken):
            operator = self._plan.operator(finding.entity_type)
            if operator == operators.REFUSE:
                raise RefusedByPlan((finding.entity_type,))
            self._counts[finding.entity_type] += 1
            value = segment.text[finding.start : finding.end]
            put = operators.apply_to_reply(operator, finding.entity_type, value, self._vault)
            yield _Edit(finding.start, finding.end, put)

    def _made_up(
        self, segment: Segment, found: Sequence[Finding], taken: Sequence[tuple[int, int]]
    ) -> tuple[Finding, ...]:
        whole = segment.before + segment.text + segment.after
        start = len(segment.before)
        pieces = (
            piece._replace(start=low, end=high)
            for finding in self._strangers(whole, found)
            if (piece := clip(finding, start, start + len(segment.text)))
            for low, high in uncovered(piece.start, piece.end, taken)
        )
        return merge(segment.text, list(pieces))

    def _strangers(self, text: str, found: Sequence[Finding]) -> list[Finding]:
        """What the plan takes out and the caller did not give, here or, by name, earlier in this channel."""
        made_up = [
            finding
            for finding in found
            if self._plan.operator(finding.entity_type) != operators.KEEP
            and not self._vault.owns(finding.entity_type, text[finding.start : finding.end])
        ]
        if made_up:
            self._known.update(values_of([text], [made_up]))
            self._places = Places(self._known)
        if self._places is None:
            return made_up
        again = self._places.more(text, made_up)
        return made_up + [
            finding
            for finding in again
            if not self._vault.owns(finding.entity_type, text[finding.start : finding.end])
        ]


def _telling(text: str) -> bool:
    return any(map(str.isalnum, text))


def _written(text: str, inside: bool | None) -> str:
    return escape(text) if inside else text
