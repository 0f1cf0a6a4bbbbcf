"""Who may take a step: the right role, for the right side, and nobody for the other."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gateway.control.operations import Acting
from gateway.errors import NotPermitted
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.states import RULES, Step, Who
from gateway.ownership.disputes.values import Side

Succession: TypeAlias = Callable[[str], tuple[str, ...]]
"""The parties that stand in the place of one now: itself, its successors, or nobody."""


def stands_for(case: Case, department: str, successors: Succession) -> tuple[str, ...]:
    """The parties of the dispute in whose place the department stands now."""
    return tuple(party.id for party in case.parties if department in successors(party.id))


def require(case: Case, step: Step, acting: Acting, successors: Succession) -> str:
    """The party that ``acting`` may take the step for, empty for an office; raises ``NotPermitted``."""
    own, who = stands_for(case, acting.subject.department, successors), RULES[step].who
    judges = {seat.adjudicator for seat in case.seats}
    if acting.subject.id in judges and who not in {Who.ADJUDICATOR, Who.PANEL}:
        raise NotPermitted(
            "Who judges a matter, or offered to, does nothing else in it.", reason_admin="an adjudicator"
        )
    return _WHO[who](case, acting, own)


def one_side(case: Case, successors: Succession) -> bool:
    """Whether nobody is left to dispute with: one side is gone, or both have become one party."""
    opening = _now(case, successors, Side.CLAIMANT, Side.APPLICANT)
    opposing = _now(case, successors, Side.RESPONDENT)
    if not opening:
        return True
    return bool(case.parties_of(Side.RESPONDENT)) and not opposing - opening


def _now(case: Case, successors: Succession, *sides: Side) -> set[str]:
    return {living for party in case.parties_of(*sides) for living in successors(party)}


def _initiator(case: Case, acting: Acting, own: tuple[str, ...]) -> str:
    acting.require("owner")
    if case.initiator not in own:
        raise NotPermitted(
            "Only the party that opened the dispute may do this.", reason_admin="not the initiator"
        )
    return case.initiator


def _party(case: Case, acting: Acting, own: tuple[str, ...]) -> str:
    del case
    acting.require("owner")
    if not own:
        raise NotPermitted(
            "Only a party of the dispute may do this, and only for itself.", reason_admin="not a party"
        )
    return own[0]


def _outsider(case: Case, acting: Acting, own: tuple[str, ...]) -> str:
    del case
    acting.require("owner")
    if own:
        raise NotPermitted("Your department is a party already.", reason_admin="already a party")
    return acting.subject.department


def _clerk(case: Case, acting: Acting, own: tuple[str, ...]) -> str:
    del case
    acting.require("clerk")
    _require_neither(own)
    return ""


def _adjudicator(case: Case, acting: Acting, own: tuple[str, ...]) -> str:
    del case
    acting.require("adjudicator")
    _require_neither(own)
    if acting.subject.kind != "person":
        raise NotPermitted("People rule, not services.", reason_admin="not a person")
    return ""


def _panel(case: Case, acting: Acting, own: tuple[str, ...]) -> str:
    _adjudicator(case, acting, own)
    if acting.subject.id not in {seat.adjudicator for seat in case.bench}:
        raise NotPermitted("Only a member of the panel may do this.", reason_admin="no seat")
    return ""


def _nobody(case: Case, acting: Acting, own: tuple[str, ...]) -> str:
    del case, acting, own
    raise NotPermitted("This follows by itself; nobody does it.", reason_admin="by time alone")


def _require_neither(own: tuple[str, ...]) -> None:
    if own:
        raise NotPermitted(
            "Your department is a party, so it cannot administer or judge the matter.",
            reason_admin="an office of a party",
        )


_WHO: Mapping[Who, Callable[[Case, Acting, tuple[str, ...]], str]] = {
    Who.INITIATOR: _initiator,
    Who.PARTY: _party,
    Who.OUTSIDER: _outsider,
    Who.CLERK: _clerk,
    Who.ADJUDICATOR: _adjudicator,
    Who.PANEL: _panel,
    Who.TIME: _nobody,
}
