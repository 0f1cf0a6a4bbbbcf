import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.evaluation.labels import Group, LabelledSet
from redaction.evaluation.samples import Gold, Sample
from redaction.evaluation.scoring import Found, Score, score, wilson

LABELLED = LabelledSet(
    "en", frozenset({Group.NAME}), "", {"PER": Group.NAME, "DAY": Group.DATE, "MISC": Group.IGNORED}
)
#       0         1         2
#       0123456789012345678901234
TEXT = "Anna Kowalska met the Poet"
ANNA = Gold(0, 13, "PER")


def scored(*found: Found, gold: tuple[Gold, ...] = (ANNA,), text: str = TEXT) -> Score:
    """The score of one row."""
    return score([Sample(text, gold)], [found], LABELLED)["en"]


def test_two_words_found_apart_cover_a_name() -> None:
    """The space between two findings is no leak, and masking it is no stray."""
    total = scored(Found(0, 4, Group.NAME), Found(5, 13, Group.NAME)).total
    assert (total.gold, total.covered, total.typed, total.found, total.true) == (1, 1, 1, 2, 2)


def test_nine_tenths_are_found_and_less_is_not() -> None:
    """A span of 12 characters is found with 11 masked and not with 10."""
    assert scored(Found(0, 12, Group.NAME)).total.covered == 1
    assert scored(Found(0, 11, Group.NAME)).total.covered == 0
    assert scored(Found(0, 11, Group.NAME)).leaked == 2


def test_masked_as_something_else_is_found_but_not_typed() -> None:
    """Recall asks whether a value is masked; the typed one asks for what."""
    score = scored(Found(0, 13, Group.DATE))
    assert (score.total.covered, score.total.typed, score.leaked) == (1, 0, 0)


def test_finding_of_a_group_without_labels_is_neither_right_nor_wrong() -> None:
    """Where a set has no labels for a group, its findings are told apart and not called stray."""
    score = scored(Found(22, 26, Group.DATE))
    assert (score.stray, score.unjudged, score.total.found) == (0, 4, 0)


def test_finding_outside_labels_is_stray() -> None:
    """A masked word that is no entity counts by its characters, and against precision."""
    score = scored(Found(14, 21, Group.NAME))
    assert (score.stray, score.unjudged, score.plain) == (6, 0, 10)
    assert (score.total.found, score.total.true) == (1, 0)


def test_ignored_label_is_neither_missed_nor_stray() -> None:
    """What is labelled as none of our groups may be masked or not."""
    gold = (Gold(22, 26, "MISC"),)
    assert scored(Found(22, 26, Group.NAME), gold=gold).stray == 0
    assert scored(gold=gold).total.gold == 0
    assert scored(gold=gold).leaked == 0


def test_rows_without_labels_are_told_apart() -> None:
    """Strays in clean rows are counted by themselves."""
    score = scored(Found(0, 4, Group.NAME), gold=())
    assert (score.clean, score.clean_stray, score.entity) == (22, 4, 0)


def test_row_may_say_its_language() -> None:
    """A row with a language counts there, others in that of the set."""
    rows = [Sample(TEXT, (ANNA,), "pl"), Sample(TEXT, (ANNA,))]
    assert set(score(rows, [(), ()], LABELLED)) == {"pl", "en"}


SPANS = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, 8)).map(lambda at: (at[0], min(at[0] + at[1], 26)))
)


@given(SPANS, SPANS)
def test_counts_agree_with_counting_one_by_one(
    golden: list[tuple[int, int]], masked: list[tuple[int, int]]
) -> None:
    """Leaked and stray characters are what a loop over all characters counts."""
    gold = tuple(Gold(*span, "PER") for span in golden)
    score = scored(*(Found(*span, Group.NAME) for span in masked), gold=gold)
    inside = [{at for span in spans for at in range(*span) if TEXT[at] != " "} for spans in (golden, masked)]
    assert score.leaked == len(inside[0] - inside[1])
    assert score.stray == len(inside[1] - inside[0])
    assert score.entity + score.plain == score.characters == len(TEXT.replace(" ", ""))


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(9, 10, 0.5958, 0.9821), (0, 0, 0, 1), (5, 5, 0.5655, 1)]
)
def test_wilson_gives_published_intervals(hits: int, total: int, low: float, high: float) -> None:
    """The intervals are those of the literature's tables (Newcombe 1998, table I, method 3)."""
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-4)
