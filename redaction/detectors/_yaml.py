"""An operator's own recognizers, in Presidio's YAML form."""

from collections.abc import Iterator
from pathlib import Path

import regex
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from redaction.probe import probe
from redaction.rules import Rule
from redaction.syntax import PatternUnsupported


class RecognizerInvalid(Exception):
    """A file of recognizers cannot be used; the message names the file, the place and what is wrong."""


class _Pattern(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = ""
    regex: str = Field(min_length=1)
    score: float = Field(0.5, ge=0, le=1)


class _Recognizer(BaseModel):
    """Presidio's fields; those that say which language or engine it is for do not matter here."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    supported_entity: str = Field(min_length=1)
    patterns: list[_Pattern] = []
    deny_list: list[str] = []
    deny_list_score: float = Field(1.0, ge=0, le=1)
    context: list[str] = []
    enabled: bool = True
    type: str = "custom"
    supported_language: str | None = None
    supported_languages: list[object] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    recognizers: list[_Recognizer] = Field(min_length=1)


def yaml_rules(path: Path) -> list[Rule]:
    """The rules in a file; raises ``RecognizerInvalid``, also for a pattern without a bound."""
    try:
        document = _File.model_validate(yaml.safe_load(path.read_text("utf-8")))
        return [rule for each in document.recognizers if each.enabled for rule in _rules(each)]
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc'])) or 'document'}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise RecognizerInvalid(f"{path}: {'; '.join(faults)}") from error
    except (OSError, UnicodeError, yaml.YAMLError, PatternUnsupported, regex.error) as error:
        raise RecognizerInvalid(f"{path}: {error}") from error


def _rules(recognizer: _Recognizer) -> Iterator[Rule]:
    context = tuple(word.lower() for word in recognizer.context)
    patterns = [(pattern.regex, pattern.score) for pattern in recognizer.patterns]
    if recognizer.deny_list:
        words = "|".join(map(regex.escape, recognizer.deny_list))
        patterns.append((rf"(?<!\w)(?:{words})(?!\w)", recognizer.deny_list_score))
    for pattern, score in patterns:
        regex.compile(probe(pattern).pattern)
        yield Rule(recognizer.supported_entity, pattern, score, context, trusted=False)
