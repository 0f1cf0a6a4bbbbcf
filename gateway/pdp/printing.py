"""Checks what ``sprintf`` is told to print: the engines agree on few of its verbs."""

import re
from collections.abc import Iterator

from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax, dotted
from gateway.pdp.tree import nodes, only, place

_VERB = re.compile(r"%(?P<how>[-+ #0-9.]*)(?P<verb>.?)", re.DOTALL)
_FIX = "write %s for text and %v for anything else"


def printing_problems(syntax: Syntax) -> Iterator[Problem]:
    """One problem for each format that OPA and the embedded engine print differently, or that is computed."""
    for kind, body in nodes(syntax.tree["rules"]):
        if kind != "Call" or dotted(body["fcn"]) != "sprintf":
            continue
        params = body["params"]
        form, text = only(params[0]) if isinstance(params, list) and params else ("", {})
        if form not in {"String", "RawString"}:
            yield Problem(syntax.module.path, *place(body), "sprintf needs a format written in full", _FIX)
            continue
        for found in _VERB.finditer(str(text["value"])):
            if not _alike(found["how"], found["verb"]):
                message = f"engines print {found[0]} differently"
                yield Problem(syntax.module.path, *place(text), message, _FIX)


def _alike(how: str, verb: str) -> bool:
    # %d and %x print a negative number with two signs here, and fractions are rounded otherwise.
    return not how and verb in {"s", "v", "%"}
