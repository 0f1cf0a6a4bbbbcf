"""Where operations are performed: at once, or by two people where the settings say so."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol, TypeAlias

from pydantic import ValidationError
from sqlalchemy import Connection

from audit.entry import EntryType
from gateway.control import proposals, requests
from gateway.control.changes import Change, Control
from gateway.control.operations import Acting, Catalogue, Operation, Outcome
from gateway.control.proposals import Proposal
from gateway.control.requests import Performed
from gateway.errors import Conflict, CustodyError, NotFound, NotPermitted

_HOUR_US = 3_600_000_000
_ALL = "*"

_Work: TypeAlias = Callable[[Change], Performed]


class People(Protocol):
    """Who there is now."""

    def find(self, subject: str) -> Acting | None:
        """Whoever has this opaque subject id, with today's roles; None if there is nobody any more."""


def _same(connection: Connection, name: str, at_us: int) -> str:
    del connection, at_us
    return name


def _anything(connection: Connection) -> None:
    del connection


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms an operation is asked for.

    ``key`` makes asking twice the same as asking once; ``asked`` says what was asked where that is not the
    operation itself. ``precondition`` raises a ``CustodyError`` unless what is there is what the caller
    believed; it sees the state that the operation is then done on.
    """

    key: str = ""
    asked: str = ""
    precondition: Callable[[Connection], None] = field(default=_anything)


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """Which operations need two people (kinds, or ``*`` for all that change rights), and for how long."""

    kinds: frozenset[str] = frozenset()
    hours: float = 72

    def needed(self, operation: Operation) -> bool:
        """Whether this operation waits for a second person."""
        return operation.kind in self.kinds or (_ALL in self.kinds and operation.changes_rights)

    def unknown(self, catalogue: Catalogue) -> list[str]:
        """Names among the kinds that no operation has."""
        return sorted(kind for kind in self.kinds - {_ALL} if catalogue.find(kind) is None)


class Governance:
    """Performs operations on the control database.

    ``heir`` says who stands in the place of a party at a time, for what was proposed under its old name;
    raises a ``CustodyError`` where that is nobody in particular.
    """

    def __init__(
        self,
        control: Control,
        catalogue: Catalogue | None = None,
        people: People | None = None,
        two_people: TwoPeople | None = None,
        *,
        heir: Callable[[Connection, str, int], str] = _same,
    ) -> None:
        self.control = control
        self.catalogue = catalogue or Catalogue(())
        self._people = people
        self._two_people = two_people or TwoPeople()
        self._heir = heir

    async def perform(self, acting: Acting, operation: Operation, terms: Terms = NO_TERMS) -> Performed:
        """Does the operation, or proposes it where it needs two people; raises a ``CustodyError``."""
        step = self._propose if self._two_people.needed(operation) else _apply
        asked = terms.asked or f"{operation.kind} {operation.fingerprint()}"
        return await self._once(acting, terms, asked, lambda change: step(change, acting, operation))

    async def consent(self, acting: Acting, proposal: str, terms: Terms = NO_TERMS) -> Performed:
        """Does what another person proposed, which both must be allowed to do now."""
        return await self._once(
            acting, terms, f"consent {proposal}", lambda change: self._consent(change, acting, proposal)
        )

    async def decline(
        self, acting: Acting, proposal: str, reason: str = "", terms: Terms = NO_TERMS
    ) -> Performed:
        """Ends a proposal: its proposer withdraws it, or another who might consent declines."""
        return await self._once(
            acting,
            terms,
            f"decline {proposal} {reason}",
            lambda change: self._decline(change, acting, proposal, reason),
        )

    async def may_answer(self, acting: Acting, proposal: str) -> bool:
        """Whether they could be the second person, if the proposal is still open."""

        def trial(change: Change) -> None:
            found = proposals.unanswered(change.connection, proposal, change.at_us)
            self._require_voice(change, acting, found)
            raise _Possible

        try:
            await self.control.change(acting.actor, trial)
        except _Possible:
            return True
        except (Conflict, NotFound, NotPermitted):
            return False
        raise AssertionError("a trial ends by being undone")

    async def _once(self, acting: Acting, terms: Terms, asked: str, work: _Work) -> Performed:
        request = requests.request(acting, terms.key, asked)

        def whole(change: Change) -> Performed:
            if terms.key and (done := requests.earlier(change.connection, request)):
                raise _Again(done)
            terms.precondition(change.connection)
            performed = work(change)
            if terms.key:
                requests.keep(change, request, performed)
            return performed

        try:
            return await self.control.change(acting.actor, whole)
        except _Again as again:
            return again.performed

    def _propose(self, change: Change, acting: Acting, operation: Operation) -> Performed:
        _require_person(acting)
        _rehearse(change, acting, operation)
        lasting_us = int(self._two_people.hours * _HOUR_US)
        proposal = proposals.propose(change, acting, operation, lasting_us)
        _record(change, EntryType.OPERATION_PROPOSED, proposal)
        return Performed({"proposal": proposal.id}, change.revision, proposal.id)

    def _consent(self, change: Change, acting: Acting, name: str) -> Performed:
        proposal = proposals.unanswered(change.connection, name, change.at_us)
        _require_another(acting, proposal)
        operation = self._operation(proposal)
        now = self._heirs(change, operation)
        operation = operation.following(now)
        _rehearse(change, acting, operation)
        proposer = self._proposer(proposal)
        _record(change, EntryType.OPERATION_CONSENTED, proposal, now)
        # What the operation itself records is the proposer's deed; that this person consented stands above.
        done_by = replace(proposer, approved_by=acting.subject.id)
        outcome = operation.apply(replace(change, actor=proposer.actor), done_by)
        proposals.answer(change, proposal, acting, "consented", "", outcome)
        return Performed(outcome, change.revision)

    def _decline(self, change: Change, acting: Acting, name: str, reason: str) -> Performed:
        proposal = proposals.unanswered(change.connection, name, change.at_us)
        if acting.subject.id == proposal.proposer:
            _record(change, EntryType.OPERATION_WITHDRAWN, proposal)
            proposals.answer(change, proposal, acting, "withdrawn", reason, {})
        else:
            self._require_voice(change, acting, proposal)
            _record(change, EntryType.OPERATION_DECLINED, proposal)
            proposals.answer(change, proposal, acting, "declined", reason, {})
        return Performed({"proposal": proposal.id}, change.revision)

    def _require_voice(self, change: Change, acting: Acting, proposal: Proposal) -> None:
        """Raises ``NotPermitted`` or ``NotFound`` unless the operation would be for them to do."""
        _require_another(acting, proposal)
        try:
            operation = self._operation(proposal)
            # Where nobody in particular stands in a party's place, it is still known whose the operation is.
            with suppress(Conflict):
                operation = operation.following(self._heirs(change, operation))
            _rehearse(change, acting, operation)
        except (NotPermitted, NotFound):
            raise
        except CustodyError:
            return  # it can no longer be done by anybody, which is a reason to decline

    def _operation(self, proposal: Proposal) -> Operation:
        try:
            return self.catalogue.read(proposal.kind, proposal.text)
        except (LookupError, ValidationError) as error:
            raise Conflict(
                f"This version of Custody cannot do {proposal.kind} as it was proposed; propose it anew.",
                reason_admin=type(error).__name__,
            ) from error

    def _heirs(self, change: Change, operation: Operation) -> dict[str, str]:
        """Who stands in the place of those parties that the operation names and that have ended."""
        heirs = {name: self._heir(change.connection, name, change.at_us) for name in operation.named()}
        return {name: heir for name, heir in sorted(heirs.items()) if heir != name}

    def _proposer(self, proposal: Proposal) -> Acting:
        proposer = self._people.find(proposal.proposer) if self._people else None
        if proposer is None:
            raise Conflict("Whoever proposed this is no longer here; propose it anew.")
        return proposer


class _Possible(Exception):
    """Undoes a trial that went well."""


class _Again(Exception):
    """Undoes a change that was made before."""

    def __init__(self, performed: Performed) -> None:
        super().__init__()
        self.performed = performed


def _apply(change: Change, acting: Acting, operation: Operation) -> Performed:
    return Performed(operation.apply(change, acting), change.revision)


def _rehearse(change: Change, acting: Acting, operation: Operation) -> None:
    """Raises what the operation would raise if they did it now, and leaves nothing behind."""
    trial = replace(change, actor=acting.actor, records=[])
    with change.connection.begin_nested() as savepoint:
        operation.apply(trial, acting)
        savepoint.rollback()


def _require_person(acting: Acting) -> None:
    if acting.subject.kind != "person":
        raise NotPermitted("This needs two people, and a service is none; let a person ask for it.")


def _require_another(acting: Acting, proposal: Proposal) -> None:
    _require_person(acting)
    if acting.subject.id == proposal.proposer:
        raise NotPermitted("This needs two people: somebody else must consent to what you proposed.")


def _record(
    change: Change, kind: EntryType, proposal: Proposal, now: Mapping[str, str] = MappingProxyType({})
) -> None:
    detail: Outcome = {
        "proposal": proposal.id,
        "operation": proposal.kind,
        "digest": proposal.digest,
        "proposer": proposal.proposer,
        "expires_us": proposal.expires_us,
    }
    if now:
        # The digest is of what was proposed; this is what was done otherwise.
        detail["in_place_of"] = dict(now)
    change.record(kind, detail)  # type: ignore[arg-type]  # no number here has a fraction
