"""Where in the policy a reason was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.domain import JsonObject, Reason
from gateway.pdp.rego import Module
from gateway.pdp.syntax import Syntax, read_syntax
from gateway.pdp.tree import nodes, objects, place, text_of


@dataclass(frozen=True, slots=True)
class RulePlace:
    """A rule as it stands in the policy: file, number of its first line, and its whole text."""

    path: str
    line: int
    text: str


class Places:
    """Finds rules by the reasons they give; parses a policy once."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._modules = [read_syntax(module) for module in modules]

    def of(self, reason: Reason) -> tuple[RulePlace, ...]:
        """Every rule that can have given this reason, in the package that speaks or, failing that, in all.

        A reason carries its rule's name as a text, so rules are found by that text.
        """
        own = [syntax for syntax in self._modules if _within(syntax.package, reason.package)]
        for modules, name in ((own, reason.rule), (own, reason.code), (self._modules, reason.code)):
            if found := tuple(place for syntax in modules for place in _saying(syntax, name)):
                return found
        return ()


def _within(package: str, home: str) -> bool:
    return package == home or package.startswith(f"{home}.")


def _saying(syntax: Syntax, name: str) -> Iterator[RulePlace]:
    source = syntax.module.text.encode()
    for rule in objects(syntax.tree["rules"]):
        if any(kind == "String" and body.get("value") == name for kind, body in nodes(rule)):
            body = _body(rule)
            yield RulePlace(syntax.module.path, place(body)[0], text_of(body, source))


def _body(rule: JsonObject) -> JsonObject:
    body = next(iter(rule.values()))
    return body if isinstance(body, dict) else {}
