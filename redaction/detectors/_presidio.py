"""Presidio's pattern recognizers as rules; the only file that imports presidio_analyzer."""

import importlib
from collections.abc import Iterable

from redaction.detectors._tuning import TUNED, UNUSED, Needs, Tuned
from redaction.rules import Confirm, Rule

_PACKAGE = "presidio_analyzer.predefined_recognizers"


class RecognizerUnknown(Exception):
    """No recognizer of Presidio has this name."""


def names_known() -> list[str]:
    """All of Presidio's recognizers by class name without the ending ``Recognizer``, as installed."""
    package = importlib.import_module(_PACKAGE)
    base = importlib.import_module("presidio_analyzer").EntityRecognizer
    return sorted(
        name.removesuffix("Recognizer")
        for name, kind in vars(package).items()
        if isinstance(kind, type) and issubclass(kind, base) and name.endswith("Recognizer")
    )


def presidio_rules(names: Iterable[str] | None = None) -> list[Rule]:
    """The rules of Presidio's recognizers of these names, or of all that can be used."""
    _stay_offline()
    package = importlib.import_module(_PACKAGE)
    rules: list[Rule] = []
    for name in [name for name in names_known() if name not in UNUSED] if names is None else names:
        kind = getattr(package, f"{name}Recognizer", None)
        if kind is None or not hasattr(kind, "PATTERNS"):
            raise RecognizerUnknown(f"Presidio has no recognizer by patterns of the name {name!r}")
        rules += _tuned(kind(), TUNED.get(name))
    return rules


def _tuned(recognizer: "object", tuned: Tuned | None) -> list[Rule]:
    if tuned is None:
        return _rules_of(recognizer)
    (entity_type,) = recognizer.supported_entities  # type: ignore[attr-defined]  # Presidio ships no types
    words = tuned.context or recognizer.context or ()  # type: ignore[attr-defined]  # as above
    context = tuple(dict.fromkeys(word.lower() for word in words))
    rules = {}
    for pattern in recognizer.patterns:  # type: ignore[attr-defined]  # as above
        needs = next((needs for part, needs in tuned.by_name.items() if part in pattern.name), tuned.needs)
        if needs is not Needs.REFUSED:
            exact = _alone(_exact(recognizer, pattern.regex, cased=tuned.cased))
            rules[exact] = Rule(
                entity_type, exact, needs.value, context, _confirming(recognizer), lonely=True
            )
    return list(rules.values())


def _alone(pattern: str) -> str:
    # What goes on beyond a joint is a part of something longer: a version, a hash in groups, a serial number.
    return rf"(?<!\w)(?<!\w[.\-/_])(?:{pattern})(?!\w)(?![.\-/_]\d)"


def _rules_of(recognizer: "object") -> list[Rule]:
    (entity_type,) = recognizer.supported_entities  # type: ignore[attr-defined]  # Presidio ships no types
    context = tuple(word.lower() for word in recognizer.context or ())  # type: ignore[attr-defined]  # as above
    return [
        Rule(entity_type, _exact(recognizer, pattern.regex), pattern.score, context, _confirming(recognizer))
        for pattern in recognizer.patterns  # type: ignore[attr-defined]  # as above
    ]


def _exact(recognizer: "object", pattern: str, *, cased: bool = False) -> str:
    # Ours ignore case unless told otherwise; a recognizer says the opposite through its flags.
    import regex  # noqa: PLC0415  as above

    ignores = recognizer.global_regex_flags & regex.IGNORECASE  # type: ignore[attr-defined]  # as above
    return pattern if ignores and not cased else f"(?-i:{pattern.replace('(?i)', '')})"


def _confirming(recognizer: "object") -> Confirm:
    def confirm(value: str) -> bool | None:
        if recognizer.invalidate_result(value):  # type: ignore[attr-defined]  # Presidio ships no types
            return False
        verdict = recognizer.validate_result(value)  # type: ignore[attr-defined]  # as above
        return None if verdict is None else bool(verdict)

    return confirm


def _stay_offline() -> None:
    # Presidio's e-mail recognizer asks tldextract, which would fetch the public suffix list on first use.
    import tldextract  # noqa: PLC0415  loaded only where Presidio is
    from tldextract import tldextract as module  # noqa: PLC0415  as above

    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    module.TLD_EXTRACTOR = offline
    tldextract.extract = offline
