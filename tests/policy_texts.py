"""Small policies, and the shapes of what makes them; a module of its own, for each folder has a conftest."""

from collections.abc import Callable
from pathlib import Path

from gateway.pdp.rego import Problem

ALLOW = """package custody.access

decision := {
	"allow": true,
	"obligations": {"prompt": {"*": "replace"}, "reply": {"*": "keep"}},
	"reasons": [{"code": "c", "effect": "allow", "department": "d", "package": "p", "rule": "r"}],
}
"""
ALLOW_TEST = """package tests.access

test_allow if data.custody.access.decision.allow with input as {"a": 1}
"""

Write = Callable[[dict[str, str]], Path]

Told = Callable[..., list[Problem]]
