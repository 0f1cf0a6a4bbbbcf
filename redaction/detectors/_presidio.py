"""Presidio's pattern recognizers as rules; the only file that imports presidio_analyzer."""

import importlib
from collections.abc import Iterable
from pathlib import Path

from redaction.rules import Confirm, Rule

_PACKAGE = "presidio_analyzer.predefined_recognizers"


class RecognizerUnknown(Exception):
    """No recognizer of Presidio has this name, or a YAML file describes none."""


def presidio_rules(names: Iterable[str]) -> list[Rule]:
    """The rules of Presidio's recognizers of these class names, without the ending ``Recognizer``."""
    _stay_offline()
    recognizers = importlib.import_module(_PACKAGE)
    rules: list[Rule] = []
    for name in names:
        kind = getattr(recognizers, f"{name}Recognizer", None)
        if kind is None:
            raise RecognizerUnknown(f"Presidio has no recognizer {name!r}")
        rules += _rules_of(kind())
    return rules


def yaml_rules(path: Path) -> list[Rule]:
    """The rules in a file of Presidio's own YAML form for recognizers."""
    import yaml  # noqa: PLC0415  as above
    from presidio_analyzer import PatternRecognizer  # noqa: PLC0415  loaded only where it is configured

    document = yaml.safe_load(path.read_text("utf-8"))
    entries = document.get("recognizers") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise RecognizerUnknown(f"{path}: no list of recognizers")
    known = {"name", "supported_entity", "patterns", "context", "deny_list", "supported_language"}
    return [
        rule
        for entry in entries
        for rule in _rules_of(PatternRecognizer.from_dict({k: v for k, v in entry.items() if k in known}))
    ]


def _rules_of(recognizer: "object") -> list[Rule]:
    (entity_type,) = recognizer.supported_entities  # type: ignore[attr-defined]  # Presidio ships no types
    context = tuple(word.lower() for word in recognizer.context or ())  # type: ignore[attr-defined]  # as above
    return [
        Rule(entity_type, _exact(recognizer, pattern.regex), pattern.score, context, _confirming(recognizer))
        for pattern in recognizer.patterns  # type: ignore[attr-defined]  # as above
    ]


def _exact(recognizer: "object", pattern: str) -> str:
    # Ours ignore case unless told otherwise; a recognizer says the opposite through its flags.
    import regex  # noqa: PLC0415  as above

    ignores = recognizer.global_regex_flags & regex.IGNORECASE  # type: ignore[attr-defined]  # as above
    return pattern if ignores else f"(?-i:{pattern})"


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
