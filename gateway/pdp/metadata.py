"""Annotations of rules: the comment block that begins with ``# METADATA``, as OPA reads it."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from gateway.pdp.rego import Module, Problem
from gateway.pdp.tokens import read_tokens

_START = "# METADATA"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One block; ``subject`` is the first word of what follows it: a rule's name, ``package`` or ``default``.

    ``problem`` says why the block is no YAML object, and is empty if it is one.
    """

    line: int
    subject: str
    values: dict[str, object]
    problem: str = ""

    @property
    def entrypoint(self) -> bool:
        """Whether the rule may be asked from outside."""
        return self.values.get("entrypoint") is True


def annotations(module: Module) -> Iterator[Annotation]:
    """Every block of a module, in its order."""
    lines: list[str] = []
    start = 0
    for token in read_tokens(module.text):
        if token.kind == "comment" and token.column == 1:
            if token.text.rstrip() == _START:
                start, lines = token.line, []
            elif start:
                lines.append(token.text[1:])
        elif token.kind != "newline" and start:
            yield _annotation(start, token.text, lines)
            start = 0


def _annotation(line: int, subject: str, lines: list[str]) -> Annotation:
    try:
        read = yaml.safe_load("\n".join(lines))
    except yaml.YAMLError as error:
        return Annotation(line, subject, {}, str(error).split("\n", maxsplit=1)[0])
    if not isinstance(read, dict):
        return Annotation(line, subject, {}, "it is no list of fields")
    return Annotation(line, subject, read)


def metadata_problems(module: Module) -> Iterator[Problem]:
    """One problem for each block that cannot be read."""
    for each in annotations(module):
        if each.problem:
            yield Problem(module.path, each.line, 1, f"METADATA cannot be read: {each.problem}")
