"""Findings out, what the plan puts in their place in."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        return self._woven(self.written_by_caller()) if self.findings else self.text

    def guarded(self, vault: Vault) -> str:
        """The same with what would resolve behind placeholders of its own."""
        return self._woven([_guarded(piece, vault) for piece in self.written_by_caller()])

    def written_by_caller(self) -> list[str]:
        """The stretches that no finding stands for."""
        text, position = self.text, 0
        pieces: list[str] = []
        for finding in self.findings:
            pieces.append(text[position : finding.start])
            position = finding.end
        pieces.append(text[position:])
        return pieces

    def _woven(self, pieces: Sequence[str]) -> str:
        woven = [""] * (2 * len(pieces) - 1)
        woven[::2], woven[1::2] = pieces, self.puts
        return "".join(woven)


def unwritten(texts: Sequence[str], parts: Sequence[Part], plan: Plan) -> Sequence[str]:
    """The texts of which is not known how the plan has them written, so that they must be looked through."""
    if operators.SURROGATE in plan.operators.values():
        return texts
    return [text for text, part in zip(texts, parts, strict=True) if not _is_known(part.taken, plan)]


def _is_known(taken: Taken | None, plan: Plan) -> bool:
    return taken is not None and taken.is_by(plan) and taken.lookalikes is not None


def chosen(text: str, part: Part, plan: Plan) -> tuple[Finding, ...]:
    """The findings that the plan does not keep, in order, without overlaps."""
    if part.taken is not None and part.taken.is_by(plan):
        return part.taken.chosen
    # What is kept goes first: a longer finding that stays must not shelter one that goes.
    return merge(text, [each for each in part.found if plan.operator(each.entity_type) != operators.KEEP])


def take_out(
    texts: Sequence[str],
    parts: Sequence[Part],
    picked: Sequence[Sequence[Finding]],
    plan: Plan,
    vault: Vault,
) -> tuple[str, ...]:
    """The texts with each finding in ``picked``, which are those ``chosen`` of each, as the plan says.

    Text of the caller that would resolve as a placeholder goes behind a placeholder of its own, so that it
    comes back as it was. Only when all tokens are known can it be told, and each guard adds a token: it is
    done again until none is added.
    """
    _give_stand_ins(texts, picked, plan, vault)
    drafts = [_draft(*each, plan, vault) for each in zip(texts, parts, picked, strict=True)]
    while True:
        size = len(vault)
        # A stand-in looks like anything, so where there are some every text is looked through.
        marks = None if len(vault.stand_ins) else vault.marks()
        written = tuple(
            [draft.joined() if draft.is_safe(marks) else draft.guarded(vault) for draft in drafts]
        )
        if len(vault) == size:
            return written


def _give_stand_ins(
    texts: Sequence[str], picked: Sequence[Sequence[Finding]], plan: Plan, vault: Vault
) -> None:
    """Gives people with several names their stand-ins first, so that a part gets its part of them."""
    if operators.SURROGATE not in plan.operators.values():
        return
    vault.stand_ins.avoid(texts)
    for text, findings in zip(texts, picked, strict=True):
        for finding in findings:
            value = text[finding.start : finding.end]
            if len(person.words(value)) > 1 and plan.operator(finding.entity_type) == operators.SURROGATE:
                vault.stand_in(finding.entity_type, value, text)


def _draft(text: str, part: Part, findings: Sequence[Finding], plan: Plan, vault: Vault) -> _Draft:
    taken = part.taken
    if taken is not None and taken.is_by(plan) and _admitted(text, taken, vault):
        return _Draft(text, taken.chosen, taken.puts, taken.lookalikes)
    operated = [plan.operator(each.entity_type) for each in findings]
    puts = tuple(
        [
            operators.apply(operator, each.entity_type, text[each.start : each.end], vault, text)
            for operator, each in zip(operated, findings, strict=True)
        ]
    )
    draft = _Draft(text, findings, puts, None)
    draft.lookalikes = _lookalikes(draft)
    if operators.TELL_NOTHING.issuperset(operated):
        resolving: dict[str, Finding] = {}
        for each, put in zip(findings, puts, strict=True):
            resolving.setdefault(put, each)
        tokens = tuple(
            [(each, digest) for put, each in resolving.items() if (digest := vault.digest_of(put))]
        )
        part.taken = Taken(plan, tuple(findings), puts, tokens, draft.lookalikes)
    return draft


def _lookalikes(draft: _Draft) -> frozenset[int] | None:
    digests = candidates(draft.written_by_caller())
    return None if digests is None else frozenset(map(mark, digests))


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
