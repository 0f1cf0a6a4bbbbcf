"""Words of a decision: that a refusal says what to do, and that obligations leave nothing out."""

from collections.abc import Iterator

from gateway.domain import JsonObject, JsonValue
from gateway.pdp.outputs import REASONS
from gateway.pdp.rego import Problem
from gateway.pdp.syntax import Syntax
from gateway.pdp.tree import nodes, objects, only, place
from gateway.pdp.world import head_name

_REASON = "reasons.reason"
_REFUSING = REASONS - {"allow"}
_WORDS = ("rule", "message_user", "message_admin", "remedy")


def reason_warnings(syntax: Syntax) -> Iterator[Problem]:
    """Reasons that a user cannot act on: without a message, or refusing without a remedy."""
    for name, head in _heads(syntax):
        if name not in REASONS:
            continue
        for kind, body in nodes(head.get("key")):
            if kind == "Call":
                yield from _called_reason(syntax, name, body)
            elif kind == "Object":
                yield from _written_reason(syntax, name, body)


def obligation_warnings(syntax: Syntax) -> Iterator[Problem]:
    """Operators of the company's baseline that name types and forget the rest."""
    if syntax.package != "custody.security":
        return
    for name, head in _heads(syntax):
        assign = head.get("assign")
        if name == "obligations" and isinstance(assign, dict):
            for key, value in _fields(assign.get("value")):
                if key in {"prompt", "reply"} and "*" not in dict(_fields(value)):
                    at = place(only(value)[1])
                    fix = 'add "*" with the operator for every other type'
                    yield Problem(syntax.module.path, *at, f"{key} says nothing of other types", fix)


def _called_reason(syntax: Syntax, name: str, body: JsonObject) -> Iterator[Problem]:
    params = body["params"]
    called = syntax.module.text.encode()[_start(body["fcn"]) :].decode().split("(", 1)[0]
    if called != _REASON or not isinstance(params, list):
        return
    for word, param in zip(_WORDS, params, strict=False):
        kind, inner = only(param)
        if kind == "String" and not inner["value"] and _needed(word, name):
            yield _empty(syntax, word, inner)


def _written_reason(syntax: Syntax, name: str, body: JsonObject) -> Iterator[Problem]:
    fields = dict(_fields({"Object": body}))
    # An object that adds to a reason is none itself.
    if "code" not in fields:
        return
    for word in ("message_user", "remedy"):
        if _needed(word, name) and word not in fields:
            yield _empty(syntax, word, body)


def _needed(word: str, name: str) -> bool:
    return word in {"rule", "message_user"} or (word == "remedy" and name in _REFUSING)


def _empty(syntax: Syntax, word: str, body: JsonObject) -> Problem:
    fixes = {"remedy": "say whom to ask, or what to do instead", "message_user": "say it in the user's words"}
    return Problem(syntax.module.path, *place(body), f"a reason has no {word}", fixes.get(word, "name it"))


def _heads(syntax: Syntax) -> Iterator[tuple[str, JsonObject]]:
    for rule in objects(syntax.tree["rules"]):
        kind, body = only(rule)
        if kind == "Spec":
            head = only(body.get("head"))[1]
            yield head_name(head), head


def _fields(node: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    kind, body = only(node)
    fields = body.get("fields") if kind == "Object" else None
    for field in fields if isinstance(fields, list) else []:
        if isinstance(field, list):
            yield str(only(field[1])[1].get("value")), field[2]


def _start(node: JsonValue) -> int:
    span = only(node)[1].get("span")
    return int(str(span["start"])) if isinstance(span, dict) else 0
