import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from redaction import operators
from redaction.base import Category, Detector, Finding
from redaction.conversation import Part, Texts, turn
from redaction.detection import Detection
from redaction.errors import RefusedByPlan
from redaction.memory import ScanMemory
from redaction.mend import mend
from redaction.operators import Plan
from redaction.placeholders import Scope, Vault
from redaction.stream import RedactedReply, ReplyTerms, StreamRedactor
from redaction.takeout import chosen, take_out, unwritten
from redaction.workers import Workers

T = TypeVar("T")
_SHORT = 20_000  # code points that are worked on in a few milliseconds, which the event loop may lose
_PASSED_OVER = 200_000  # and so many if most of them were worked on in an earlier turn

__all__ = ["Plan", "RedactedReply", "Redaction", "Redactor", "Scan", "Scope", "StreamRedactor"]


@dataclass(frozen=True, slots=True, repr=False)
class Scan:
    """What texts hold, and how many findings there are by entity type and category.

    The texts are those given, with lone surrogates made U+FFFD. ``scope`` is the conversation that they are
    of, if one was named. The counts may be told; nothing else may.
    """

    texts: tuple[str, ...]
    parts: tuple[Part, ...]
    scope: Scope | None
    counts: Mapping[str, int]
    secrets: Mapping[str, int]
    corpora: Mapping[str, int]

    @property
    def findings(self) -> tuple[tuple[Finding, ...], ...]:
        """What was found in each text, overlaps included."""
        return tuple(part.found for part in self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class Redaction:
    """Texts in which every finding stands as the plan says; ``counts`` is what was taken out, by entity type.

    ``vault`` resolves the placeholders of this request and no other.
    """

    texts: tuple[str, ...]
    counts: Mapping[str, int]
    vault: Vault


class Redactor:
    """Finds what must not leave, takes it out, and puts it back in the reply.

    ``deadline_s`` bounds one round of detection, ``workers`` the threads that run heavy detectors and long
    texts; ``holdback`` the code points of a reply that may wait for what follows.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        detectors: Sequence[Detector],
        *,
        key: bytes,
        memory: ScanMemory,
        deadline_s: float = 20,
        workers: int = 1,
        holdback: int = 256,
    ) -> None:
        self._workers = Workers(workers)
        self._detection = Detection(detectors, self._workers, deadline_s)
        # One key in, three uses apart: what is shown in one place tells nothing about another.
        self._token_key = hmac.digest(key, b"custody placeholder v1", "sha256")
        self._scan_key = hmac.digest(key, b"custody scan memory v1", "sha256")
        self._conversation_key = hmac.digest(key, b"custody conversation v1", "sha256")
        self._memory = memory
        self._holdback = holdback

    @property
    def digest(self) -> str:
        """Hex SHA-256 over the digests of all detectors: what names this engine in the record."""
        return self._detection.digest

    async def scan(self, texts: Sequence[str], *, department: str, conversation: bytes = b"") -> Scan:
        """What the texts hold; only texts not seen before cost. Raises ``DetectorFailed``.

        ``conversation`` is that of the ``Scope`` in which they will be redacted; with it a turn costs what
        is new in it, however long the conversation has become.
        """
        mended = tuple(map(mend, texts))
        keys = self._scan_digests(mended, department)
        by_key = dict(zip(keys, mended, strict=True))
        found = await self._found(by_key, department)
        before = self._memory.recall_conversation(department, conversation) if conversation else None
        fresh = [text for key, text in by_key.items() if key not in before.parts] if before else mended
        now = await self.aside(partial(turn, before, by_key, found), mended, fresh)
        if conversation and now is not before:
            self._memory.remember_conversation(department, conversation, now)
        parts = tuple([now.parts[key] for key in keys])
        counts = _counted(parts)
        scope = Scope(department, conversation) if conversation else None
        return Scan(mended, parts, scope, counts["personal"], counts["secret"], counts["corpus"])

    async def aside(
        self, call: Callable[[], T], texts: Iterable[str], fresh: Iterable[str] | None = None
    ) -> T:
        """The result of work on these texts: off the event loop if they are long.

        ``fresh`` are those of them that no earlier turn has seen, if that is most of the work.
        """
        size = sum(map(len, texts))
        if size > _SHORT and fresh is not None and size <= _PASSED_OVER:
            size = sum(map(len, fresh))
        return call() if size <= _SHORT else await self._workers.aside(call)

    async def redact_aside(self, call: Callable[[], T], scan: Scan, plan: Plan) -> T:
        """The result of work that takes out what a scan found: off the event loop if there is much to do."""
        return await self.aside(call, scan.texts, unwritten(scan.texts, scan.parts, plan))

    def redact(self, scan: Scan, plan: Plan, scope: Scope) -> Redaction:
        """The texts as the plan says; raises ``RefusedByPlan`` when it refuses something that was found."""
        # What was put in place of values in one conversation says nothing in another.
        parts = scan.parts if scan.scope == scope else [Part(part.found) for part in scan.parts]
        vault = Vault(self._token_key, scope)
        vault.stand_ins.confirm_with(self._detection.confirms)
        return redact(scan.texts, parts, plan, vault)

    def redact_stream(
        self, redaction: Redaction, plan: Plan, *, restore: bool, json_strings: bool = False
    ) -> StreamRedactor:
        """Scans one channel of a streamed reply; ``json_strings`` says that the channel is JSON text."""
        terms = ReplyTerms(redaction.vault, plan, restore, json_strings, self._holdback)
        return StreamRedactor(self._detection, terms)

    async def redact_reply(
        self, redaction: Redaction, plan: Plan, text: str, *, restore: bool, json_strings: bool = False
    ) -> RedactedReply:
        """One whole text of a reply."""
        stream = self.redact_stream(redaction, plan, restore=restore, json_strings=json_strings)
        return RedactedReply(await stream.whole(text), stream.counts)

    def conversation(self, texts: Sequence[str], department: str) -> bytes:
        """Keyed digest of what opens a conversation, by which its tokens stay the same from turn to turn."""
        digest = blake2b(key=self._conversation_key, digest_size=16)
        for text in (department, *texts):
            part = mend(text).encode()
            digest.update(len(part).to_bytes(8) + part)
        return digest.digest()

    async def _found(self, texts: Texts, department: str) -> dict[bytes, tuple[Finding, ...]]:
        """What the detectors find in each text by itself."""
        recall = self._memory.recall
        known = {key: recall(department, key) for key in texts}
        missing = {key: texts[key] for key, findings in known.items() if findings is None}
        if missing:
            fresh = await self._detection.find(tuple(missing.values()))
            for key, findings in zip(missing, fresh, strict=True):
                known[key] = tuple(findings)
                self._memory.remember(department, key, findings)
        return {key: findings or () for key, findings in known.items()}

    def _scan_digests(self, texts: Sequence[str], department: str) -> list[bytes]:
        own = f"{len(department)}:{department}{self.digest}".encode()
        begun = blake2b(own, key=self._scan_key, digest_size=20)
        digests = []
        for text in texts:
            digest = begun.copy()
            digest.update(text.encode())
            digests.append(digest.digest())
        return digests


def redact(texts: Sequence[str], parts: Sequence[Part], plan: Plan, vault: Vault) -> Redaction:
    """The texts with what a scan found in them as the plan says; raises ``RefusedByPlan``."""
    types: dict[str, int] = {}
    picked = [chosen(text, part, plan) for text, part in zip(texts, parts, strict=True)]
    for text, part, findings in zip(texts, parts, picked, strict=True):
        vault.own(text, part.found)
        for finding in findings:
            types[finding.entity_type] = types.get(finding.entity_type, 0) + 1
    refused = [name for name in types if plan.operator(name) == operators.REFUSE]
    if refused:
        raise RefusedByPlan(refused)
    return Redaction(take_out(texts, parts, picked, plan, vault), types, vault)


def _counted(parts: Sequence[Part]) -> dict[Category, dict[str, int]]:
    """How many findings there are by category and entity type."""
    counts: dict[Category, dict[str, int]] = {"personal": {}, "secret": {}, "corpus": {}}
    for part in parts:
        for category, entity_type, count in part.counts:
            of_type = counts[category]
            of_type[entity_type] = of_type.get(entity_type, 0) + count
    return counts
