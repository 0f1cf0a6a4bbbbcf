from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pdp.datafiles import DataFileBroken, read_data_file
from gateway.pdp.source import PolicyRefused, read_source
from tests.policy_texts import ALLOW, Write


def test_the_revision_follows_the_text_in_force(folder: Write) -> None:
    """Rules and data change the revision; tests and READMEs do not."""
    first = read_source(folder({})).revision
    assert read_source(folder({"README.md": "x", "lib/a_test.rego": "package tests.lib.a"})).revision == first
    second = read_source(folder({"data.json": '{"a": 1}'})).revision
    third = read_source(folder({"main.rego": ALLOW + "\n"})).revision
    assert len({first, second, third}) == 3
    assert len(first) == 64


def test_data_stands_where_opa_would_put_it(folder: Write) -> None:
    """A data file's folder is part of its path under data, and YAML says what JSON says."""
    source = read_source(
        folder({"data.json": '{"a": 1}', "departments/it/data.yaml": "limits: {tokens: 5}\n"})
    )
    assert source.data == {"a": 1, "departments": {"it": {"limits": {"tokens": 5}}}}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.json", '{"a": 1, "a": 2}'),
        ("data.yaml", "a: 1\na: 2\n"),
        ("data.yaml", "1: x\n"),
        ("data.yaml", "a: 2026-01-01\n"),
        ("data.yaml", "a: !!python/object/apply:os.getpid []\n"),
        ("data.json", "[1]"),
        ("data.json", "{"),
        ("data.json", '{"a": NaN}'),
        ("data.json", '{"custody": {"security": {"deny": []}}}'),
        ("custody/data.json", '{"security": {"deny": []}}'),
        ("custody/security/data.yaml", "deny: []"),
        ("extra.json", "{}"),
        ("big.rego", "# " + "x" * 1_048_576),
    ],
)
def test_a_file_that_could_mislead_is_refused(folder: Write, name: str, text: str) -> None:
    """Twice-given keys, loose types, data in the rules' place and unknown files stop the start."""
    with pytest.raises(PolicyRefused) as caught:
        read_source(folder({name: text}))
    assert [problem.path for problem in caught.value.problems] == [name]


@pytest.mark.parametrize(
    ("name", "text", "line", "column"),
    [
        ("data.json", '{"a": {"b": 1},\n "c": [{"b": 1,\n  "b": 2}]}', 3, 3),
        ("data.json", '{"a": "\\"a\\": {,", "x": 1,\n "\\u0061": 2}', 2, 2),
        ("data.json", '{"a": 1,\n  oops}', 2, 3),
        ("data.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3),
        ("data.yaml", "a: 1\n1: 2\n", 2, 1),
        ("data.yaml", "a: [1\nb: 2\n", 2, 2),
        ("data.yaml", "a: &a [1]\nb: [*a, *a]\n", 2, 5),
    ],
)
def test_a_fault_of_data_has_its_place(folder: Write, name: str, text: str, line: int, column: int) -> None:
    """A key given twice, broken text and an alias are told with line and column."""
    with pytest.raises(PolicyRefused) as caught:
        read_source(folder({name: text}))
    assert [(each.line, each.column) for each in caught.value.problems] == [(line, column)]


def test_a_few_lines_do_not_become_gigabytes(folder: Write) -> None:
    """YAML whose aliases multiply is refused before it is unfolded, and ten megabytes are not read."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    with pytest.raises(PolicyRefused, match="aliases are not followed"):
        read_source(folder({"data.yaml": bomb}))
    with pytest.raises(PolicyRefused, match="longer than"):
        read_source(
            folder({"lib/a.rego": "package custody.lib.a\n" + "# more\n" * 1_500_000, "data.yaml": "{}"})
        )


@pytest.mark.parametrize(
    "text", ['{"a": 18446744073709551616}', '{"a": "\\ud800"}', '{"a": ' + "[" * 300 + "]" * 300 + "}"]
)
def test_data_that_engines_cannot_take_is_refused(folder: Write, text: str) -> None:
    """Numbers over 64 bits, lone surrogates and hundreds of levels are refused when they are read."""
    with pytest.raises(PolicyRefused, match=r"data\.json.*engines cannot take"):
        read_source(folder({"data.json": text}))


def test_a_link_is_not_followed(folder: Write, tmp_path: Path) -> None:
    """Text from outside the folder does not come in by a link."""
    outside = tmp_path / "outside.rego"
    outside.write_text("package custody.access")
    (folder({}) / "more.rego").symlink_to(outside)
    with pytest.raises(PolicyRefused, match="links"):
        read_source(tmp_path / "policies")


def test_no_folder_and_no_policy_are_refused(tmp_path: Path) -> None:
    """No policy at all never means that everything is allowed."""
    with pytest.raises(PolicyRefused):
        read_source(tmp_path / "missing")
    with pytest.raises(PolicyRefused):
        read_source(tmp_path)


@given(st.binary(max_size=200), st.sampled_from(["data.json", "data.yaml"]))
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    """No content of a data file escapes the one error it may raise."""
    try:
        assert isinstance(read_data_file(name, content), dict)
    except DataFileBroken:
        return
