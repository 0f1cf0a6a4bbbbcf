"""Each step is for whoever may take it and for nobody else: every step against every kind of person."""

import pytest

from gateway.control.operations import Acting
from gateway.errors import NotPermitted
from gateway.ownership.disputes.case import Case
from gateway.ownership.disputes.people import one_side, require, stands_for
from gateway.ownership.disputes.states import RULES, State, Step, Who
from gateway.ownership.disputes.values import Kind, Party, Seat, Side
from tests.court import as_service, person

_PEOPLE = {
    "claimant": person("a", "retail", "owner"),
    "respondent": person("b", "product", "owner"),
    "intervener": person("c", "it", "owner"),
    "outsider": person("d", "legal", "owner"),
    "no role": person("e", "retail"),
    "clerk": person("f", "legal", "clerk"),
    "clerk of a party": person("g", "retail", "clerk"),
    "clerk of an intervener": person("h", "it", "clerk"),
    "panel": person("i", "security", "adjudicator"),
    "adjudicator": person("j", "security", "adjudicator"),
    "adjudicator of a party": person("k", "product", "adjudicator"),
    "program": as_service(person("l", "security", "adjudicator")),
    "seated and lost the role": person("m", "security"),
    "stepped back": person("n", "security", "adjudicator"),
    "seated below": person("o", "security", "adjudicator"),
}
_ALLOWED = {
    Who.INITIATOR: {"claimant"},
    Who.PARTY: {"claimant", "respondent", "intervener"},
    Who.OUTSIDER: {"outsider"},
    Who.CLERK: {"clerk"},
    Who.ADJUDICATOR: {"panel", "adjudicator", "stepped back", "seated below"},
    Who.PANEL: {"panel"},
    Who.TIME: set(),
}
_CASE = Case(
    id="d1",
    kind=Kind.DISPUTE,
    asset="support-tone",
    asset_type="adapter",
    initiator="retail",
    facets=("budget_owner",),
    state=State.DELIBERATION,
    since_us=0,
    instance=2,
    parties=(
        Party("retail", Side.CLAIMANT),
        Party("product", Side.RESPONDENT),
        Party("it", Side.INTERVENER),
    ),
    seats=(
        Seat("sub_i", "security", 2, appointed=True),
        Seat("sub_m", "security", 2, appointed=True),
        Seat("sub_n", "security", 2, appointed=True, left=True),
        Seat("sub_o", "security", 1, appointed=True),
    ),
)


def _same(name: str) -> tuple[str, ...]:
    return (name,)


@pytest.mark.parametrize("step", RULES)
@pytest.mark.parametrize("name", _PEOPLE)
def test_each_step_is_for_whoever_may_take_it(step: Step, name: str) -> None:
    """The table of who may what holds for every step and every kind of person, and each acts for itself."""
    acting = _PEOPLE[name]
    if name in _ALLOWED[RULES[step].who]:
        assert require(_CASE, step, acting, _same) in {"", acting.subject.department}
    else:
        with pytest.raises(NotPermitted):
            require(_CASE, step, acting, _same)


def _renamed(name: str) -> tuple[str, ...]:
    return {"retail": ("commerce",), "product": ()}.get(name, (name,))


def test_only_a_successor_acts_for_a_party_that_ended() -> None:
    """The successor acts for its predecessor, which acts no more; for a party that left none nobody does."""
    successor: Acting = person("x", "commerce", "owner")
    assert require(_CASE, Step.ANSWERED, successor, _renamed) == "retail"
    for gone in (_PEOPLE["claimant"], _PEOPLE["respondent"]):
        with pytest.raises(NotPermitted):
            require(_CASE, Step.ANSWERED, gone, _renamed)
    judge = person("i", "commerce", "adjudicator")
    with pytest.raises(NotPermitted):
        require(_CASE, Step.VOTED, judge, _renamed)


def test_a_department_that_both_became_stands_for_both() -> None:
    """After a merger one department stands for both sides, and there is one side left."""
    merged = {"retail": ("goods",), "product": ("goods",)}
    assert stands_for(_CASE, "goods", lambda name: merged.get(name, (name,))) == ("retail", "product")
    assert one_side(_CASE, lambda name: merged.get(name, (name,)))


@pytest.mark.parametrize(
    ("heirs", "alone"),
    [
        ({}, False),
        ({"retail": ()}, True),
        ({"product": ()}, True),
        ({"it": ()}, False),
        ({"retail": ("shops", "online")}, False),
        ({"retail": ("product",)}, True),
        ({"product": ("retail", "lab")}, False),
    ],
)
def test_there_are_two_sides_or_none(heirs: dict[str, tuple[str, ...]], alone: bool) -> None:
    """A side is gone if nobody stands in its place, or if only its opponent does."""
    assert one_side(_CASE, lambda name: heirs.get(name, (name,))) is alone
