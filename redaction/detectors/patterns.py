"""Identifiers with a form: cards, accounts, numbers of persons, dates, telephones, addresses of all kinds."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from redaction.detectors import (
    _accounts,
    _addresses,
    _contact,
    _dates,
    _national,
    _network,
    _organisations,
    _web,
)
from redaction.detectors._presidio import presidio_rules
from redaction.detectors._yaml import yaml_rules
from redaction.rules import RuleDetector


class Options(BaseModel):
    """Which identifiers are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recognizers: tuple[str, ...] | None = Field(
        None,
        description="Presidio's recognizers, by class name without the ending `Recognizer`; by default all.",
    )
    recognizers_file: Path | None = Field(
        None, description="File with an operator's own recognizers in Presidio's YAML form."
    )


def build(options: Options) -> RuleDetector:
    """The detector over Presidio's rules, the operator's and ours; raises for a recognizer that is not there."""
    own = yaml_rules(options.recognizers_file) if options.recognizers_file else []
    ours = [
        rule
        for module in (_accounts, _contact, _addresses, _dates, _national, _network, _organisations, _web)
        for rule in module.rules()
    ]
    return RuleDetector("patterns", [*presidio_rules(options.recognizers), *ours, *own], category="personal")
