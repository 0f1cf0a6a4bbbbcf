import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
OTHER = "AKIA" + "IOSFODNN7EXAMPL2"
TEXT = f"first {KEY}, then {OTHER},\r\nthen {KEY} again 😀\n"


def run(content: str | bytes, *arguments: str | Path) -> Result:
    """Runs the command with the detector of secrets."""
    return CliRunner().invoke(
        app, ["redact", "text", "--detectors", "secrets", *map(str, arguments)], input=content
    )


def test_a_second_run_restores_what_the_first_took_out(tmp_path: Path) -> None:
    """Placeholders come out, the same one for the same value; with the file the very text comes back."""
    vault = tmp_path / "vault"
    out = run(TEXT, "--vault", vault)
    assert out.exit_code == 0, out.stderr
    assert KEY not in out.stdout
    first, second = out.stdout.split(",")[0].split()[1], out.stdout.split(",")[1].split()[1]
    assert out.stdout.count(first) == 2
    assert first != second
    assert run(out.stdout_bytes, "--restore", "--vault", vault).stdout_bytes == TEXT.encode()


def test_stand_ins_come_back_too(tmp_path: Path) -> None:
    """What looks real is put back by the file like a placeholder."""
    vault = tmp_path / "vault"
    text = "Pay with 4111 1111 1111 1111, please."
    options = ("--detectors", "patterns", "--vault", vault)
    out = run(text, *options, "--operator", "surrogate")
    assert "4111 1111 1111 1111" not in out.stdout
    assert "[" not in out.stdout
    assert run(out.stdout, "--restore", "--vault", vault).stdout == text


def test_file_grows_with_each_run_and_keeps_its_tokens(tmp_path: Path) -> None:
    """A file given again knows the values of all runs, and a value keeps its placeholder."""
    vault = tmp_path / "vault"
    one = run(f"a {KEY}", "--vault", vault).stdout
    two = run(f"b {OTHER} c {KEY}", "--vault", vault).stdout
    assert two.endswith(one.removeprefix("a "))
    assert run(one + two, "--restore", "--vault", vault).stdout == f"a {KEY}b {OTHER} c {KEY}"


def test_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The file that holds originals has mode 0600, and one that others can read is refused."""
    vault = tmp_path / "vault"
    run(TEXT, "--vault", vault)
    assert stat.S_IMODE(vault.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [vault]
    vault.chmod(0o640)
    for arguments in (("--restore",), ()):
        result = run(TEXT, "--vault", vault, *arguments)
        assert result.exit_code == 2
        assert "chmod 600" in result.stderr


def test_no_other_file_restores(tmp_path: Path) -> None:
    """The placeholders of one file mean nothing to another."""
    out = run(TEXT, "--vault", tmp_path / "one").stdout
    assert out != run(TEXT, "--vault", tmp_path / "two").stdout
    assert run(out, "--restore", "--vault", tmp_path / "two").stdout == out


def test_without_a_file_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command writes no file that it was not told to write, and its placeholders mean nothing later."""
    monkeypatch.chdir(tmp_path)
    assert run(TEXT).stdout != run(TEXT).stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("operators", "wanted"),
    [
        (("mask",), "[AWS_ACCESS_KEY]"),
        (("keep",), KEY),
        (("keep", "AWS_ACCESS_KEY=mask"), "[AWS_ACCESS_KEY]"),
    ],
)
def test_operators_by_type(operators: tuple[str, ...], wanted: str) -> None:
    """An operator holds for all types, or for the one that it names."""
    arguments = [part for each in operators for part in ("--operator", each)]
    assert run(f"a {KEY} b", *arguments).stdout == f"a {wanted} b"


def test_refuse_gives_nothing_out_and_names_the_type(tmp_path: Path) -> None:
    """A refused text leaves no output and no file; the message names the kind and not the value."""
    result = run(TEXT, "--operator", "refuse", "--vault", tmp_path / "vault")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "AWS_ACCESS_KEY" in result.stderr
    assert KEY not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\n", "سلام עולם 👩‍👩‍👧 字\x00\x1b[0m".encode()])
def test_text_without_anything_is_unchanged(content: bytes) -> None:
    """Empty, right-to-left, emoji and control characters come out byte for byte."""
    assert run(content).stdout_bytes == content


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\xed\xa0\x80 lone surrogate", bytes(range(256))])
def test_binary_is_refused(content: bytes) -> None:
    """What is not UTF-8 is refused, for what it holds cannot be told."""
    result = run(content)
    assert result.exit_code == 2
    assert result.stdout_bytes == b""
    assert "UTF-8" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--restore",), "--vault"),
        (("--restore", "--vault", "missing"), "missing"),
        (("--operator", "whisper"), "whisper"),
        (("--vault", "no/such/folder/vault"), "vault"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], told: str) -> None:
    """A wrong option ends with exit code 2, a sentence and no output."""
    result = run(TEXT, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


def test_damaged_file_is_refused_and_not_quoted(tmp_path: Path) -> None:
    """A file that the command did not write restores nothing, and its content is not told."""
    vault = tmp_path / "vault"
    vault.write_text('{"version": 1, "key": "!", "values": [["PERSON", "Anna"]]}')
    vault.chmod(0o600)
    result = run(TEXT, "--restore", "--vault", vault)
    assert result.exit_code == 2
    assert "Anna" not in result.stderr
