"""Streams under every way of cutting them: what comes out is a function of the text alone."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from redaction.base import Finding
from redaction.errors import RefusedByPlan
from redaction.memory import ScanMemory
from redaction.redactor import Plan, Redaction, Redactor, Scope

OWN = {
    "PERSON": "Anna Kowalska",
    "EMAIL_ADDRESS": "anna@kowalska.pl",
    "PHONE_NUMBER": "+1 202-555-0143",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "IBAN_CODE": "DE89 3704 0044 0532 0130 00",
    "DATE_TIME": "12 March 2024",
    "STREET_ADDRESS": "12 Maple Road",
    "IP_ADDRESS": "10.1.2.3",
    "PASSWORD": "Tr0ub4dor&3",
}
OTHERS = {
    "PERSON": "Peter Nowak",
    "EMAIL_ADDRESS": "peter@nowak.pl",
    "PHONE_NUMBER": "+1 202-555-0199",
    "CREDIT_CARD": "4012 8888 8888 1881",
}
PROMPT = "\n".join(f"my {name.lower()} is {value} of course" for name, value in OWN.items())


class Known:
    """Finds the values above, and as a classifier would anything that looks like a name or an address."""

    name = "known"
    digest = "00"
    heavy = False

    def __init__(self) -> None:
        values = [*OWN.items(), *OTHERS.items()]
        self._rules = [(name, regex.compile(regex.escape(value))) for name, value in values]
        self._rules.append(("PERSON", regex.compile(r"\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+")))
        self._rules.append(("EMAIL_ADDRESS", regex.compile(r"[\w.]+@[\w.]+\w")))

    def detect(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Where they stand."""
        return [
            [
                Finding(name, *m.span(), 0.9, "known")
                for name, rule in self._rules
                for m in rule.finditer(text)
            ]
            for text in texts
        ]


async def asked(operator: str) -> tuple[Redactor, Redaction, dict[str, str]]:
    """A redactor, its redaction of the prompt, and what stands there for each value."""
    engine = Redactor([Known()], key=b"k" * 32, memory=ScanMemory())
    scan = await engine.scan([PROMPT], department="retail")
    redaction = engine.redact(scan, Plan({"*": operator}), Scope("retail", b"1"))
    lines = redaction.texts[0].split("\n")
    shown = [
        line.removeprefix(f"my {name.lower()} is ").removesuffix(" of course")
        for name, line in zip(OWN, lines, strict=True)
    ]
    return engine, redaction, dict(zip(OWN, shown, strict=True))


async def streamed(
    engine: Redactor, redaction: Redaction, plan: Plan, pieces: Sequence[str], *, json_strings: bool
) -> str:
    """What comes out when the text comes in these pieces, by the short way where there is one."""
    stream = engine.redact_stream(redaction, plan, restore=True, json_strings=json_strings)
    given_out = []
    for piece in pieces:
        plain = stream.feed_plain(piece)
        given_out.append(await stream.feed(piece) if plain is None else plain)
    return "".join(given_out) + await stream.finish()


def cuts(text: str) -> Iterator[list[str]]:
    """Every way to cut a text once or twice, and into characters."""
    for low, high in combinations(range(len(text) + 1), 2):
        yield [text[:low], text[low:high], text[high:]]
    yield list(text)


FORMS = {
    "whole": "{}",
    "bold": "**{}**",
    "escaped": None,
    "possessive": "{}'s",
    "quoted": '"{}"',
    "line": "a\n\n{}\n\nb",
}


@pytest.mark.parametrize("operator", ["replace", "surrogate"])
@pytest.mark.parametrize("form", FORMS)
async def test_a_person_comes_back_under_any_cut(operator: str, form: str) -> None:
    """In each form in which models write it, wherever the text is cut once or twice."""
    engine, redaction, shown = await asked(operator)
    pattern = FORMS[form]
    if pattern is None:
        written = shown["PERSON"].replace("[", r"\[").replace("_", r"\_").replace("]", r"\]")
        pattern, said = "{}", written
    else:
        said = pattern.format(shown["PERSON"])
    meant = f"so it is {pattern.format(OWN['PERSON'])} they say. "
    for pieces in cuts(f"so it is {said} they say. "):
        assert await streamed(engine, redaction, Plan({"*": "mask"}), pieces, json_strings=False) == meant


@pytest.mark.parametrize("operator", ["replace", "surrogate"])
@pytest.mark.parametrize("entity_type", [name for name in OWN if name != "PERSON"])
async def test_each_kind_of_value_comes_back_under_any_cut(operator: str, entity_type: str) -> None:
    """Values of each kind, as tokens and as stand-ins, wherever the text is cut once or twice."""
    engine, redaction, shown = await asked(operator)
    for pieces in cuts(f"it was {shown[entity_type]} then, "):
        out = await streamed(engine, redaction, Plan({"*": "mask"}), pieces, json_strings=False)
        assert out == f"it was {OWN[entity_type]} then, "


@pytest.mark.parametrize("operator", ["mask", "replace", "surrogate", "hash", "generalize", "keep"])
@pytest.mark.parametrize("entity_type", OTHERS)
async def test_made_up_values_are_treated_the_same_under_any_cut(operator: str, entity_type: str) -> None:
    """A value that the model made up goes as the plan for replies says, wherever the text is cut."""
    engine, redaction, _ = await asked("replace")
    plan, text = Plan({"*": operator}), f"it was {OTHERS[entity_type]} then, "
    expected = await streamed(engine, redaction, plan, [text], json_strings=False)
    assert (OTHERS[entity_type] in expected) == (operator == "keep")
    for pieces in cuts(text):
        assert await streamed(engine, redaction, plan, pieces, json_strings=False) == expected


async def test_what_the_plan_refuses_is_refused_under_any_cut() -> None:
    """No cut lets a refused value through."""
    engine, redaction, _ = await asked("replace")
    for pieces in cuts(f"so {OTHERS['PERSON']} it is "):
        with pytest.raises(RefusedByPlan):
            await streamed(engine, redaction, Plan({"*": "refuse"}), pieces, json_strings=False)


@pytest.mark.parametrize("operator", ["replace", "surrogate"])
@pytest.mark.parametrize("ascii_only", [True, False])
async def test_json_stays_json_under_any_cut(operator: str, ascii_only: bool) -> None:
    """Arguments of a tool call keep their structure, escapes included, and hold the caller's own value."""
    engine, redaction, shown = await asked(operator)
    said = {"a": f'é "{shown["PERSON"]}"\n', "n": [1, True]}
    meant = {"a": f'é "{OWN["PERSON"]}"\n', "n": [1, True]}
    text = json.dumps(said, ensure_ascii=ascii_only)
    for pieces in cuts(text):
        out = await streamed(engine, redaction, Plan({"*": "mask"}), pieces, json_strings=True)
        assert json.loads(out) == meant


_REPLY = st.lists(
    st.sampled_from(
        [*OWN, "stranger", "the letter is", "So,", "Ask Dr", "42", "\n\n", "it's", "…", "é", "[", "]", "😀"]
    ),
    max_size=14,
)


@given(_REPLY, st.lists(st.integers(0, 400), max_size=12), st.sampled_from(["replace", "surrogate"]))
async def test_any_reply_under_any_number_of_cuts(said: list[str], places: list[int], operator: str) -> None:
    """Own values, strangers, numbers, brackets and emoji in any order come out the same however they come."""
    engine, redaction, shown = await asked(operator)
    text = " ".join(shown.get(word, OTHERS["PERSON"] if word == "stranger" else word) for word in said)
    plan = Plan({"*": "mask"})
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    pieces = [text[low:high] for low, high in pairwise(edges)]
    expected = await streamed(engine, redaction, plan, [text], json_strings=False)
    assert await streamed(engine, redaction, plan, pieces, json_strings=False) == expected
    assert await streamed(engine, redaction, plan, list(text), json_strings=False) == expected
    assert OTHERS["PERSON"] not in expected
    assert all(OWN[word] in expected for word in said if word in OWN)
