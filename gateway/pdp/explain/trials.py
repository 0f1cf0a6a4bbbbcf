"""Other facts that a decision could have been made on, each one change away from those it was made on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import orjson

from gateway.domain import Action, DataClass, JsonObject, JsonValue
from gateway.pdp.explain.vocabulary import Path, Vocabulary

_NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{0,63}", re.ASCII)
_GRANTED = timedelta(days=90)
_CLASSES = tuple(DataClass)
_CHOICES: dict[Path, tuple[str, ...]] = {
    ("action", "name"): tuple(Action),
    ("subject", "kind"): ("person", "service"),
    ("resource", "class_ceiling"): _CLASSES,
    ("context", "declared_class"): _CLASSES,
}
# An asset is what it is: another asset would be another question. Owners change by transfer or ruling, which
# counterfactual replay is for.
_FIXED: frozenset[Path] = frozenset({("subject", "id"), ("context", "registry_revision")})
_FREE_RESOURCE = frozenset({"class_ceiling", "self_hosted", "region"})
_GRANTS = {("context", "grants"): "accountable_owner", ("context", "base_model_grants"): "base_model_owner"}
_TIME: Path = ("context", "time")


class Who(StrEnum):
    """Who can bring a change about, those first who can do so most easily."""

    CALLER = "the caller"
    PROMPT = "the prompt"
    OWNER = "the owner"
    TIME = "time"
    REGISTRY = "the registry"
    ACTION = "another action"
    SUBJECT = "another subject"

    @property
    def ready(self) -> bool:
        """Whether the same subject can have the same done this way, as the registry stands."""
        return self in {Who.CALLER, Who.PROMPT, Who.OWNER, Who.TIME}


@dataclass(frozen=True, slots=True)
class FactChange:
    """One part of the input with another value; ``text`` says so in words."""

    path: Path
    before: JsonValue
    after: JsonValue
    who: Who
    text: str

    def applied(self, facts: JsonObject) -> JsonObject:
        """The facts with this change; what was given stays as it is."""
        part = facts[self.path[0]]
        below = dict(part) if isinstance(part, dict) else {}
        below[self.path[1]] = self.after
        return {**facts, self.path[0]: below}


def changes(facts: JsonObject, vocabulary: Vocabulary) -> Iterator[FactChange]:
    """Every single change worth trying: values that the policy knows, and grants that owners could give."""
    for section, part in facts.items():
        if isinstance(part, dict):
            for name, value in part.items():
                path = (section, name)
                if _changeable(path) and vocabulary.reads(path):
                    yield from _at(path, value, vocabulary)
    yield from _grants(facts)


def _changeable(path: Path) -> bool:
    if path[0] == "resource":
        return path[1] in _FREE_RESOURCE
    return path not in _FIXED and path not in _GRANTS


def _at(path: Path, value: JsonValue, vocabulary: Vocabulary) -> Iterator[FactChange]:
    if path == _TIME:
        yield from _times(str(value))
        return
    for other in _others(path, value, vocabulary):
        if other != value:
            yield FactChange(path, value, other, _who(path), _said(path, value, other))


def _others(path: Path, value: JsonValue, vocabulary: Vocabulary) -> Iterator[JsonValue]:
    """Other values of the same kind."""
    if path in _CHOICES:
        yield from _CHOICES[path]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        yield from ("", *_names(path, vocabulary))
    elif isinstance(value, list):
        yield from ([*value, name] for name in _names(path, vocabulary))
    elif isinstance(value, dict):
        yield from ({other: count for other, count in value.items() if other != key} for key in value)
    elif value is None or isinstance(value, int):
        yield None
        numbers = [word for word in vocabulary.words(path) if isinstance(word, int)]
        yield from sorted(
            {near for number in numbers for near in (number - 1, number, number + 1) if near > 0}
        )


def _names(path: Path, vocabulary: Vocabulary) -> list[str]:
    return [word for word in vocabulary.words(path) if isinstance(word, str) and _NAME.fullmatch(word)]


def _times(now: str) -> Iterator[FactChange]:
    """The same call at each other hour of its day, and at the same hour of the next six days."""
    moment = datetime.fromisoformat(now)
    hours = [moment.replace(hour=hour) for hour in range(24)]
    days = [moment + timedelta(days=day) for day in range(1, 7)]
    for other in (*hours, *days):
        if other != moment:
            yield FactChange(_TIME, now, _instant(other), Who.TIME, f"asked at {other:%a %Y-%m-%d %H:%M} UTC")


def _grants(facts: JsonObject) -> Iterator[FactChange]:
    """A grant of just what was asked for, by whoever could give it."""
    context, resource = facts["context"], facts["resource"]
    if not isinstance(context, dict) or not isinstance(resource, dict):
        return
    for path, holder in _GRANTS.items():
        owner = _owner(resource, holder)
        if not owner or (holder == "base_model_owner" and not resource.get("adapter")):
            continue
        given = context.get(path[1], [])
        grant = _grant(facts, context)
        text = (
            f"a grant by {owner} to {grant['department']} for {grant['action']} up to class"
            f" {grant['class_ceiling']}, {_for_use(grant)}, until {str(grant['expires'])[:10]}"
        )
        kept = given if isinstance(given, list) else []
        yield FactChange(path, given, [*kept, grant], Who.OWNER, text)


def _grant(facts: JsonObject, context: JsonObject) -> JsonObject:
    until = datetime.fromisoformat(str(context["time"])) + _GRANTED
    return {
        "department": _of(facts, "subject", "department"),
        "action": _of(facts, "action", "name"),
        "class_ceiling": context["declared_class"],
        "expires": _instant(until),
        "use_case": context["use_case"],
    }


def _owner(resource: JsonObject, holder: str) -> str:
    facets = resource["facets"]
    found = facets.get(holder) if isinstance(facets, dict) and holder in facets else resource.get(holder)
    return str(found or "")


def _of(facts: JsonObject, section: str, name: str) -> JsonValue:
    part = facts[section]
    return part[name] if isinstance(part, dict) else ""


def _for_use(grant: JsonObject) -> str:
    return f"use case {grant['use_case']}" if grant["use_case"] else "any use case"


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _who(path: Path) -> Who:
    if path[0] == "subject":
        return Who.SUBJECT
    if path[0] == "resource":
        return Who.REGISTRY
    if path[0] == "action":
        return Who.ACTION
    return Who.PROMPT if path[1] in {"findings", "secrets", "corpora"} else Who.CALLER


def _said(path: Path, before: JsonValue, after: JsonValue) -> str:
    name = ".".join(path)
    if isinstance(before, dict) and isinstance(after, dict):
        return f"nothing of {', '.join(sorted(before.keys() - after.keys()))} in the prompt ({name})"
    if isinstance(before, list) and isinstance(after, list):
        return f"{name} with {_json(after[-1])}"
    return f"{name} {_json(after)} in place of {_json(before)}"


def _json(value: JsonValue) -> str:
    return orjson.dumps(value).decode()
