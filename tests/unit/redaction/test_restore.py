import pytest
from hypothesis import given
from hypothesis import strategies as st

from redaction.placeholders import Scope, Vault
from redaction.restore import lookalikes, mentions

VALUE = "Anna Kowalska"


def vault(*values: str, department: str = "retail") -> Vault:
    """A vault that knows these people."""
    made = Vault(b"k" * 32, Scope(department, b"conversation"))
    for value in values:
        made.token("PERSON", value)
    return made


TOKEN = vault().token("PERSON", VALUE)
DIGEST = TOKEN[1:-1].partition("_")[2]
HALVES = DIGEST[:4], DIGEST[4:]


def restored(text: str, known: Vault | None = None) -> str:
    """The text with what placeholders stand for."""
    pieces, position = [], 0
    for mention in mentions(text, vault(VALUE) if known is None else known):
        if mention.value is not None:
            pieces += [text[position : mention.start], mention.value]
            position = mention.end
    return "".join([*pieces, text[position:]])


@pytest.mark.parametrize(
    "written",
    [
        TOKEN,
        TOKEN.lower(),
        TOKEN.upper(),
        TOKEN.title(),
        TOKEN.replace("_", r"\_"),
        TOKEN.replace("[", r"\[").replace("]", r"\]").replace("_", r"\_"),
        TOKEN.replace("[", r"\u005b").replace("]", r"\u005d"),
        TOKEN.replace("[", r"\\u005B").replace("]", r"\\u005D").replace("_", r"\\u005f"),
        TOKEN.replace("[", "&#91;").replace("]", "&#93;").replace("_", "&#95;"),
        TOKEN.replace("[", "&lt;").replace("]", "&gt;"),
        TOKEN.replace("[", "%5B").replace("]", "%5D"),
        TOKEN.replace("[", "<").replace("]", ">"),
        TOKEN.replace("[", "{").replace("]", "}"),
        TOKEN.replace("[", "\uff3b").replace("]", "\uff3d"),
        TOKEN.replace("[", "【").replace("]", "】").replace("_", "\uff3f"),
        TOKEN.replace("_", " "),
        TOKEN.replace("_", "-"),
        TOKEN.replace("_", " _ "),
        TOKEN.replace("_", "_\n"),
        TOKEN.replace("_", ": "),
        TOKEN[1:-1],
        TOKEN[1:-1].lower(),
        TOKEN[1:-1].replace("_", " "),
        DIGEST,
        f"[{DIGEST}]",
        f"[PERSONNE_{DIGEST}]",
        f"[PERSONNE {DIGEST}]",
        f"[PERSÖNLICHKEIT_{DIGEST}]",
        f"[OSOBA_{DIGEST}]",
        f"[\u041b\u0418\u0426\u041e_{DIGEST}]",
        f"[氏名_{DIGEST}]",
        f"[NOM DE PERSONNE_{DIGEST}]",
        f"PERSONNE_{DIGEST}",
        f"PERS\u00adON_{DIGEST}",
        f"[PERSON_{HALVES[0]}\u00ad{HALVES[1]}]",
        f"[PERSON_{HALVES[0]}\u200b{HALVES[1]}]",
        f"PERSON_{HALVES[0]}\u2060{HALVES[1]}",
        f"[PERSON_{HALVES[0]} {HALVES[1]}]",
        f"[PERSON_{HALVES[0]}-\n{HALVES[1]}]",
        f"[PER-\nSON_{HALVES[0]}\n{HALVES[1]}]",
        f"[ PERSON_{DIGEST} ]",
        TOKEN.translate({ord(a): ord(a) + 0xFEE0 for a in DIGEST}),
        TOKEN.replace("0", "O").replace("1", "l"),
    ],
)
@pytest.mark.parametrize("around", ["Dear {},", "{}", '"{}"', "**{}**", "`{}`", "({})", "see {}\n", "a {}."])
def test_a_placeholder_is_read_however_a_model_writes_it(written: str, around: str) -> None:
    """Case, brackets, escapes, label, invisible characters and breaks hide no digest."""
    assert restored(around.format(written)) == around.format(VALUE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{TOKEN}'s", f"{VALUE}'s"),
        (f"{TOKEN}s", f"{VALUE}s"),
        (f"{TOKEN[1:-1]}'s", f"{VALUE}'s"),
        (f"{TOKEN[1:-1]}\u2019s", f"{VALUE}\u2019s"),
        (f"{TOKEN[1:-1]}s", f"{VALUE}s"),
        (f"[{TOKEN[1:-1]}'s]", f"{VALUE}'s"),
        (f"[{TOKEN[1:-1]}s]", f"{VALUE}s"),
        (f"{TOKEN}-{TOKEN}", f"{VALUE}-{VALUE}"),
        (f"[{TOKEN}]", f"[{VALUE}]"),
        (rf"\n{TOKEN[1:-1]}", rf"\n{VALUE}"),
        (f"report_{TOKEN[1:-1]}.pdf", f"report_{VALUE}.pdf"),
        (f"[see {TOKEN[1:-1]}]", f"[see {VALUE}]"),
        (f"[{TOKEN[1:-1]}, {TOKEN[1:-1]}]", f"[{VALUE}, {VALUE}]"),
        (f"contact {DIGEST} now", f"contact {VALUE} now"),
        (f"A PERSON {DIGEST}", f"A {VALUE}"),
        (f"CARD {DIGEST}", f"CARD {VALUE}"),
        (f"https://x.example/{TOKEN[1:-1]}?q=1", f"https://x.example/{VALUE}?q=1"),
    ],
)
def test_what_stands_around_a_placeholder_stays(written: str, meant: str) -> None:
    """Genitives, plurals, brackets of the text and words next to a token are left where they were."""
    assert restored(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "[PERSON]",
        "[PERSON_1]",
        "PERSON",
        f"[PERSON_{DIGEST[:-1]}]",
        f"[PERSON_{DIGEST}x]",
        f"x{DIGEST}",
        f"{DIGEST}7",
        "[PERSON_k7q2m9xcrt]",
        TOKEN.translate(str.maketrans("23456789", "98765432")),
    ],
)
def test_what_is_no_token_of_ours_is_text(text: str) -> None:
    """A label alone, a digest that is not whole and one that stands for nothing are left as they are."""
    assert restored(text) == text


def test_two_values_never_come_back_for_each_other() -> None:
    """Each of a hundred people gets a token of its own, and each token brings back its own."""
    names = [f"Person {chr(65 + number // 26)}{chr(97 + number % 26)}" for number in range(100)]
    known = vault(*names)
    tokens = [known.token("PERSON", name) for name in names]
    assert len(set(tokens)) == 100
    assert [restored(f"so {token.lower()} it is", known) for token in tokens] == [
        f"so {n} it is" for n in names
    ]


def test_another_department_resolves_nothing() -> None:
    """What another department's vault issued is text here, in whatever spelling."""
    foreign = vault(department="legal").token("PERSON", VALUE)
    for written in (foreign, foreign[1:-1], foreign.lower(), foreign.replace("_", " ")):
        assert restored(written) == written


@given(st.text(alphabet="[]_<> \\abkKOl0179\n\u00ad-", max_size=120), st.integers(0, 120))
def test_a_token_among_anything_is_found_or_left_whole(text: str, place: int) -> None:
    """Mentions do not overlap, lie inside the text, and between white space a token always comes back."""
    written = f"{text[:place]} {TOKEN} {text[place:]}"
    found = list(mentions(written, vault(VALUE)))
    ends = [0, *(each.end for each in found)]
    assert all(end <= each.start < each.end <= len(written) for end, each in zip(ends, found, strict=False))
    assert VALUE in restored(written)


@pytest.mark.parametrize("text", [TOKEN, TOKEN[1:-1], f"[PERSON_{HALVES[0]}\n{HALVES[1]}]"])
def test_a_cut_is_never_made_inside_what_may_be_a_token(text: str) -> None:
    """Everything that is read as a token is also seen as one that must not be cut."""
    assert (0, len(text)) in set(lookalikes(text))
