"""Findings out, what the plan puts in their place in."""

from collections.abc import Sequence
from dataclasses import dataclass

from redaction import operators, person
from redaction.base import Finding
from redaction.operators import Plan
from redaction.placeholders import LITERAL, Vault
from redaction.restore import mentions


@dataclass(slots=True, repr=False)
class _Piece:
    """A stretch of redacted text; only what the caller wrote may hold lookalikes of placeholders."""

    text: str
    written_by_caller: bool


def take_out(
    texts: Sequence[str], findings: Sequence[Sequence[Finding]], plan: Plan, vault: Vault
) -> tuple[str, ...]:
    """The texts with each finding (in order, without overlaps) as the plan says.

    Text of the caller that would resolve as a placeholder goes behind a placeholder of its own, so that it
    comes back as it was. Only when all tokens are known can it be told, and each guard adds a token: it is
    done again until none is added.
    """
    _give_stand_ins(texts, findings, plan, vault)
    pieces = [_pieces(text, found, plan, vault) for text, found in zip(texts, findings, strict=True)]
    while True:
        size = len(vault)
        guarded = tuple("".join(_guarded(piece, vault) for piece in each) for each in pieces)
        if len(vault) == size:
            return guarded


def _give_stand_ins(
    texts: Sequence[str], findings: Sequence[Sequence[Finding]], plan: Plan, vault: Vault
) -> None:
    """Gives people with several names their stand-ins first, so that a part gets its part of them."""
    if operators.SURROGATE not in plan.operators.values():
        return
    vault.stand_ins.avoid(texts)
    for text, found in zip(texts, findings, strict=True):
        for finding in found:
            value = text[finding.start : finding.end]
            if len(person.words(value)) > 1 and plan.operator(finding.entity_type) == operators.SURROGATE:
                vault.stand_in(finding.entity_type, value, text)


def _pieces(text: str, findings: Sequence[Finding], plan: Plan, vault: Vault) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    for finding in findings:
        pieces.append(_Piece(text[position : finding.start], written_by_caller=True))
        value = text[finding.start : finding.end]
        operator = plan.operator(finding.entity_type)
        put = operators.apply(operator, finding.entity_type, value, vault, text)
        pieces.append(_Piece(put, written_by_caller=False))
        position = finding.end
    pieces.append(_Piece(text[position:], written_by_caller=True))
    return pieces


def _guarded(piece: _Piece, vault: Vault) -> str:
    text = piece.text
    if not piece.written_by_caller or not (len(vault) or len(vault.stand_ins)):
        return text
    parts: list[str] = []
    position = 0
    for mention in mentions(text, vault):
        if mention.value is not None:
            parts += (text[position : mention.start], vault.token(LITERAL, text[mention.start : mention.end]))
            position = mention.end
    return "".join((*parts, text[position:]))
