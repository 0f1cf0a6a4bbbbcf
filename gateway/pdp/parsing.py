"""Turns the parser's words into what an author can do."""

import re

from gateway.pdp.columns import Columns
from gateway.pdp.rego import Module, Problem

_BOM = "\ufeff"
_KEYWORDS = r"(?:as|contains|default|else|every|false|if|import|in|not|null|package|some|true|with)"
_KEYWORD_REFERENCE = re.compile(rf"^\s*{_KEYWORDS}\.\w")
_V0 = "write Rego v1: if before a rule's body, contains for sets"


def parse_problem(module: Module, problem: Problem) -> Problem:
    """The parser's problem with what to write instead, where the text shows what was meant."""
    line = _line(module.text, problem.line)
    fix = next((advice for sign, advice in _signs(line, problem.message) if sign), "")
    column = Columns(module.text).counted(problem.line, problem.column)
    return Problem(problem.path, problem.line, column, problem.message, fix)


def _signs(line: str, message: str) -> list[tuple[bool, str]]:
    return [
        (line.startswith(_BOM), "save the file as UTF-8 without a byte order mark"),
        ("1024" in message, "break the line: none may be longer than 1,024 columns"),
        ('$"' in line or "$`" in line, "use sprintf: string interpolation is outside of the subset"),
        (bool(_KEYWORD_REFERENCE.search(line)), "rename it: no rule's name can be a keyword"),
        ("`if`" in message or "`contains`" in message or ("expecting" in message and _looks_old(line)), _V0),
    ]


def _looks_old(line: str) -> bool:
    return bool(re.search(r"^\s*\w[\w.\[\]\"]*(\(.*\))?\s*(:?=.*)?\{\s*$", line)) and " if " not in line


def _line(text: str, number: int) -> str:
    # By newlines alone: other breaks count as characters to the parser.
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""
