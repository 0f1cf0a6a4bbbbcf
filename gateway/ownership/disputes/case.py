"""A dispute as its events say it is: a pure fold, in which an event that does not fit is an error."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from gateway.ownership.disputes.states import DAYS, FIRST, State, Step, after, due_us
from gateway.ownership.disputes.values import (
    PANEL,
    Challenge,
    Claim,
    Event,
    Kind,
    Party,
    Recommendation,
    Ruling,
    Seat,
    Settlement,
    Side,
    Statement,
    Vote,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute or mandate with all that was said and done in it.

    ``since_us`` is when its state began. ``days`` is how long each state waits, as it was when this one was
    opened. ``ruling`` is the one in force, which an appeal may replace.
    """

    id: str
    kind: Kind
    asset: str
    asset_type: str
    initiator: str
    facets: tuple[str, ...]
    state: State
    since_us: int
    instance: int = FIRST
    parties: tuple[Party, ...] = ()
    claims: tuple[Claim, ...] = ()
    statements: tuple[Statement, ...] = ()
    seats: tuple[Seat, ...] = ()
    challenges: tuple[Challenge, ...] = ()
    drafts: tuple[Ruling, ...] = ()
    votes: tuple[Vote, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    exhibits: int = 0
    ruling: Ruling | None = None
    settled: Settlement | None = None
    reviewed: bool = False
    events: tuple[Event, ...] = ()
    days: Mapping[State, int] = field(default_factory=lambda: DAYS)

    @property
    def due_us(self) -> int | None:
        """When silence takes effect; None where nothing is waited for."""
        return due_us(self.state, self.since_us, self.days)

    @property
    def bench(self) -> tuple[Seat, ...]:
        """Who sits on the panel of the present instance."""
        return tuple(seat for seat in self.seats if seat.instance == self.instance and seat.sits)

    @property
    def majority(self) -> Ruling | None:
        """The draft that more than half of the panel's seats are in favour of."""
        sitting = {seat.adjudicator for seat in self.bench}
        for draft in self.drafts:
            votes = [vote for vote in self.votes_on(draft) if vote.adjudicator in sitting and vote.in_favour]
            if draft.instance == self.instance and len(votes) > PANEL // 2:
                return draft
        return None

    def votes_on(self, draft: Ruling) -> tuple[Vote, ...]:
        """What the panel members said of a draft, those who left since too."""
        return tuple(vote for vote in self.votes if vote.ruling == draft.number)

    def parties_of(self, *sides: Side) -> tuple[str, ...]:
        """The parties of these sides, as they were named."""
        return tuple(party.id for party in self.parties if party.side in sides)


def fold(events: Iterable[Event]) -> Case:
    """The dispute that these events make, in order; raises ``StepRefused`` where one does not fit."""
    every = iter(events)
    case = _opened(next(every))
    for event in every:
        case = apply(case, event)
    return case


def apply(case: Case, event: Event) -> Case:
    """The dispute after one more event; raises ``StepRefused``."""
    step = Step(event.step)
    state, instance = after(case.state, step, case.instance, by_time=not event.actor)
    take = _TAKE.get(step)
    # What is taken up belongs to the instance that it was said in; the appeal begins after it.
    taken = take(case, event) if take else case
    since_us = case.since_us if state is case.state else event.at_us
    return replace(taken, state=state, instance=instance, since_us=since_us, events=(*case.events, event))


def _opened(event: Event) -> Case:
    detail = event.detail
    parties = _read(tuple[Party, ...], detail["parties"])
    return Case(
        id=str(detail["dispute"]),
        kind=Kind(str(detail["kind"])),
        asset=str(detail["asset"]),
        asset_type=str(detail["asset_type"]),
        initiator=event.party,
        facets=_facets((), _read(tuple[Claim, ...], detail["claims"])),
        state=State.DRAFT,
        since_us=event.at_us,
        parties=parties,
        claims=_read(tuple[Claim, ...], detail["claims"]),
        events=(event,),
        # Those that were opened before this could be set say nothing of it.
        days={**DAYS, **_read(dict[State, int], detail.get("days", {}))},
    )


def _claimed(case: Case, event: Event) -> Case:
    claims = _read(tuple[Claim, ...], event.detail["claims"])
    parties = _read(tuple[Party, ...], event.detail["parties"])
    return replace(
        case,
        claims=case.claims + claims,
        parties=case.parties + parties,
        facets=_facets(case.facets, claims),
    )


def _admitted(case: Case, event: Event) -> Case:
    return replace(case, parties=case.parties + _read(tuple[Party, ...], event.detail["parties"]))


def _joined(case: Case, event: Event) -> Case:
    side = Side(str(event.detail["side"]))
    return _said(replace(case, parties=(*case.parties, Party(event.party, side))), event)


def _said(case: Case, event: Event) -> Case:
    digest = str(event.detail.get("statement", ""))
    if not digest:
        return case
    said = Statement(event.party, event.step, digest, event.at_us)
    return replace(case, statements=(*case.statements, said))


def _exhibited(case: Case, event: Event) -> Case:
    del event
    return replace(case, exhibits=case.exhibits + 1)


def _offered(case: Case, event: Event) -> Case:
    seat = Seat(event.actor, event.department, case.instance)
    return replace(case, seats=(*case.seats, seat))


def _appointed(case: Case, event: Event) -> Case:
    return _reseat(case, event.detail["adjudicator"], lambda seat: replace(seat, appointed=True))


def _recused(case: Case, event: Event) -> Case:
    return _reseat(case, event.detail["adjudicator"], lambda seat: replace(seat, left=True))


def _challenged(case: Case, event: Event) -> Case:
    return replace(case, challenges=(*case.challenges, _read(Challenge, event.detail["challenge"])))


def _challenge_decided(case: Case, event: Event) -> Case:
    number, upheld = event.detail["challenge"], bool(event.detail["upheld"])
    decided = tuple(
        replace(each, upheld=upheld) if each.number == number else each for each in case.challenges
    )
    case = replace(case, challenges=decided)
    if not upheld:
        return case
    struck = next(each.adjudicator for each in decided if each.number == number)
    return _reseat(case, struck, lambda seat: replace(seat, left=True))


def _drafted(case: Case, event: Event) -> Case:
    return replace(case, drafts=(*case.drafts, _read(Ruling, event.detail["ruling"])))


def _voted(case: Case, event: Event) -> Case:
    return replace(case, votes=(*case.votes, _read(Vote, event.detail["vote"])))


def _ruled(case: Case, event: Event) -> Case:
    number = event.detail["ruling"]
    return replace(case, ruling=next(draft for draft in case.drafts if draft.number == number))


def _proposed(case: Case, event: Event) -> Case:
    settlement = _read(Settlement, event.detail["settlement"])
    return replace(case, settlements=(*case.settlements, settlement))


def _accepted(case: Case, event: Event) -> Case:
    number, more = event.detail["settlement"], _read(frozenset[str], event.detail["parties"])
    return replace(
        case,
        settlements=tuple(
            replace(each, accepted=each.accepted | more) if each.number == number else each
            for each in case.settlements
        ),
    )


def _settled(case: Case, event: Event) -> Case:
    number = event.detail["settlement"]
    return replace(case, settled=next(each for each in case.settlements if each.number == number))


def _recommended(case: Case, event: Event) -> Case:
    recommended = _read(Recommendation, event.detail["recommendation"])
    return replace(case, recommendations=(*case.recommendations, recommended))


def _reviewed(case: Case, event: Event) -> Case:
    return replace(_said(case, event), reviewed=True)


_TAKE: Mapping[Step, Callable[[Case, Event], Case]] = {
    Step.CLAIMED: _claimed,
    Step.ADMITTED: _admitted,
    Step.ANSWERED: _said,
    Step.JOINED: _joined,
    Step.EXHIBITED: _exhibited,
    Step.SEAT_OFFERED: _offered,
    Step.APPOINTED: _appointed,
    Step.RECUSED: _recused,
    Step.CHALLENGED: _challenged,
    Step.CHALLENGE_DECIDED: _challenge_decided,
    Step.RULING_DRAFTED: _drafted,
    Step.VOTED: _voted,
    Step.RULED: _ruled,
    Step.SETTLEMENT_PROPOSED: _proposed,
    Step.SETTLEMENT_ACCEPTED: _accepted,
    Step.SETTLED: _settled,
    Step.RECOMMENDED: _recommended,
    Step.APPEALED: _said,
    Step.REVIEWED: _reviewed,
}


def _reseat(case: Case, adjudicator: object, change: Callable[[Seat], Seat]) -> Case:
    return replace(
        case,
        seats=tuple(
            change(seat) if seat.adjudicator == adjudicator and seat.instance == case.instance else seat
            for seat in case.seats
        ),
    )


def _facets(known: tuple[str, ...], claims: tuple[Claim, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *(claim.facet for claim in claims))))


def _read(kind: type[_T], value: object) -> _T:
    read: _T = adapter(kind).validate_python(value)  # type: ignore[arg-type]  # a class is hashable
    return read


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any kind of value
    """What turns values of a kind into facts and back; making one costs more than using it."""
    return TypeAdapter(kind)
