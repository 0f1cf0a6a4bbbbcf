"""Findings out, what the plan puts in their place in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from redaction import operators, person
from redaction.base import Finding
from redaction.conversation import Part, Taken
from redaction.operators import Plan
from redaction.placeholders import LITERAL, Vault, mark
from redaction.restore import candidates, mentions
from redaction.spans import merge


@dataclass(slots=True, repr=False)
class _Draft:
    """A text as it goes out unless what the caller wrote in it can be read as a placeholder.

    ``lookalikes`` are marks of digests that may be read in it; None where that could not be told.
    """

    text: str
    findings: Sequence[Finding]
    puts: Sequence[str]
    lookalikes: frozenset[int] | None

    def is_safe(self, marks: set[int] | None) -> bool:
        """Whether nothing that the caller wrote can resolve; ``marks`` are those of all that resolves."""
        return marks is not None and self.lookalikes is not None and self.lookalikes.isdisjoint(marks)

    def joined(self) -> str:
        """The text with what stands for each finding."""
        return "".join(self._pieces(str)) if self.findings else self.text

    def guarded(self, vault: Vault) -> str:
        """The same with what would resolve behind placeholders of its own."""
        return "".join(self._pieces(partial(_guarded, vault=vault)))

    def written_by_caller(self) -> Iterator[str]:
        """The stretches that no finding stands for."""
        position = 0
        for finding in self.findings:
            yield self.text[position : finding.start]
            position = finding.end
        yield self.text[position:]

    def _pieces(self, own: Callable[[str], str]) -> Iterator[str]:
        for piece, put in zip_longest(self.written_by_caller(), self.puts, fillvalue=""):
            yield own(piece)
            yield put


def chosen(text: str, part: Part, plan: Plan) -> tuple[Finding, ...]:
    """The findings that the plan does not keep, in order, without overlaps."""
    if part.taken is not None and part.taken.plan == plan:
        return part.taken.chosen
    # What is kept goes first: a longer finding that stays must not shelter one that goes.
    return merge(text, [each for each in part.found if plan.operator(each.entity_type) != operators.KEEP])


def take_out(texts: Sequence[str], parts: Sequence[Part], plan: Plan, vault: Vault) -> tuple[str, ...]:
    """The texts with each chosen finding as the plan says.

    Text of the caller that would resolve as a placeholder goes behind a placeholder of its own, so that it
    comes back as it was. Only when all tokens are known can it be told, and each guard adds a token: it is
    done again until none is added.
    """
    _give_stand_ins(texts, parts, plan, vault)
    drafts = [_draft(text, part, plan, vault) for text, part in zip(texts, parts, strict=True)]
    while True:
        size = len(vault)
        # A stand-in looks like anything, so where there are some every text is looked through.
        marks = None if len(vault.stand_ins) else vault.marks()
        written = tuple(
            [draft.joined() if draft.is_safe(marks) else draft.guarded(vault) for draft in drafts]
        )
        if len(vault) == size:
            return written


def _give_stand_ins(texts: Sequence[str], parts: Sequence[Part], plan: Plan, vault: Vault) -> None:
    """Gives people with several names their stand-ins first, so that a part gets its part of them."""
    if operators.SURROGATE not in plan.operators.values():
        return
    vault.stand_ins.avoid(texts)
    for text, part in zip(texts, parts, strict=True):
        for finding in chosen(text, part, plan):
            value = text[finding.start : finding.end]
            if len(person.words(value)) > 1 and plan.operator(finding.entity_type) == operators.SURROGATE:
                vault.stand_in(finding.entity_type, value, text)


def _draft(text: str, part: Part, plan: Plan, vault: Vault) -> _Draft:
    taken = part.taken
    if taken is not None and taken.plan == plan and _admitted(text, taken, vault):
        return _Draft(text, taken.chosen, taken.puts, taken.lookalikes)
    findings = chosen(text, part, plan)
    puts = tuple(
        operators.apply(
            plan.operator(each.entity_type), each.entity_type, text[each.start : each.end], vault, text
        )
        for each in findings
    )
    draft = _Draft(text, findings, puts, None)
    draft.lookalikes = _lookalikes(draft)
    if all(plan.operator(each.entity_type) in operators.TELL_NOTHING for each in findings):
        resolving: dict[str, Finding] = {}
        for each, put in zip(findings, puts, strict=True):
            resolving.setdefault(put, each)
        tokens = tuple((each, digest) for put, each in resolving.items() if (digest := vault.digest_of(put)))
        part.taken = Taken(plan, findings, puts, tokens, draft.lookalikes)
    return draft


def _lookalikes(draft: _Draft) -> frozenset[int] | None:
    found: set[int] = set()
    for piece in draft.written_by_caller():
        digests = candidates(piece)
        if digests is None:
            return None
        found.update(map(mark, digests))
    return frozenset(found)


def _admitted(text: str, taken: Taken, vault: Vault) -> bool:
    return all(
        vault.admit(each.entity_type, text[each.start : each.end], digest) for each, digest in taken.tokens
    )


def _guarded(text: str, vault: Vault) -> str:
    parts: list[str] = []
    position = 0
    for mention in mentions(text, vault):
        if mention.value is not None:
            parts += (text[position : mention.start], vault.token(LITERAL, text[mention.start : mention.end]))
            position = mention.end
    return "".join((*parts, text[position:]))
