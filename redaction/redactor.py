import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from redaction import operators
from redaction.base import Category, Detector, Finding
from redaction.detection import Detection
from redaction.errors import RefusedByPlan
from redaction.memory import ScanMemory
from redaction.mend import mend
from redaction.operators import Plan
from redaction.placeholders import Scope, Vault
from redaction.spans import merge, spread
from redaction.stream import RedactedReply, ReplyTerms, StreamRedactor
from redaction.takeout import take_out
from redaction.workers import Workers

__all__ = ["Plan", "RedactedReply", "Redaction", "Redactor", "Scan", "Scope", "StreamRedactor"]


@dataclass(frozen=True, slots=True, repr=False)
class Scan:
    """What texts hold: findings of each, and how many there are by entity type and category.

    The texts are those given, with lone surrogates made U+FFFD. The counts may be told; nothing else may.
    """

    texts: tuple[str, ...]
    findings: tuple[tuple[Finding, ...], ...]
    counts: Mapping[str, int]
    secrets: Mapping[str, int]
    corpora: Mapping[str, int]


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
        self._detection = Detection(detectors, Workers(workers), deadline_s)
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

    async def scan(self, texts: Sequence[str], *, department: str) -> Scan:
        """What the texts hold; only texts not seen before cost. Raises ``DetectorFailed``."""
        mended = tuple(map(mend, texts))
        found = tuple(map(tuple, spread(mended, await self._found(mended, department))))
        counts = _counted(mended, found)
        return Scan(mended, found, counts["personal"], counts["secret"], counts["corpus"])

    def redact(self, scan: Scan, plan: Plan, scope: Scope) -> Redaction:
        """The texts as the plan says; raises ``RefusedByPlan`` when it refuses something that was found."""
        vault = Vault(self._token_key, scope)
        vault.stand_ins.confirm_with(self._detection.confirms)
        return redact(scan.texts, scan.findings, plan, vault)

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

    async def _found(self, texts: Sequence[str], department: str) -> list[tuple[Finding, ...]]:
        keys = [self._scan_digest(text, department) for text in texts]
        known = {key: self._memory.recall(department, key) for key in keys}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}
        if missing:
            fresh = await self._detection.find(tuple(missing.values()))
            for key, findings in zip(missing, fresh, strict=True):
                known[key] = tuple(findings)
                self._memory.remember(department, key, findings)
        return [known[key] or () for key in keys]

    def _scan_digest(self, text: str, department: str) -> bytes:
        message = f"{len(department)}:{department}{self.digest}{text}".encode()
        return blake2b(message, key=self._scan_key, digest_size=20).digest()


def redact(
    texts: Sequence[str], findings: Sequence[Sequence[Finding]], plan: Plan, vault: Vault
) -> Redaction:
    """The texts with what a scan found in them as the plan says; raises ``RefusedByPlan``."""
    chosen = [_chosen(text, found, plan) for text, found in zip(texts, findings, strict=True)]
    types = [finding.entity_type for found in chosen for finding in found]
    refused = {name for name in types if plan.operator(name) == operators.REFUSE}
    if refused:
        raise RefusedByPlan(tuple(sorted(refused)))
    for text, found in zip(texts, findings, strict=True):
        for finding in found:
            vault.own(finding.entity_type, text[finding.start : finding.end])
    return Redaction(take_out(texts, chosen, plan, vault), Counter(types), vault)


def _counted(texts: Sequence[str], findings: Sequence[Sequence[Finding]]) -> dict[Category, dict[str, int]]:
    """How many there are by category and entity type."""
    counts: dict[Category, dict[str, int]] = {"personal": {}, "secret": {}, "corpus": {}}
    for text, found in zip(texts, findings, strict=True):
        # Merged by category, so that a page of a corpus hides no secret in it and the other way round.
        for category in {each.category for each in found}:
            of_type = counts[category]
            for finding in merge(text, [each for each in found if each.category == category]):
                of_type[finding.entity_type] = of_type.get(finding.entity_type, 0) + 1
    return counts


def _chosen(text: str, found: Sequence[Finding], plan: Plan) -> tuple[Finding, ...]:
    if not found:
        return ()
    # What is kept goes first: a longer finding that stays must not shelter one that goes.
    return merge(text, [each for each in found if plan.operator(each.entity_type) != operators.KEEP])
