import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from redaction.base import Category
from redaction.evaluation.errors import DataInvalid, LabelUnknown
from redaction.evaluation.samples import Sample


class Group(StrEnum):
    """What quality is told for; ``IGNORED`` is labelled and is none of the others."""

    NAME = "name"
    ORGANISATION = "organisation"
    LOCATION = "location"
    ADDRESS = "address"
    DATE = "date"
    PHONE = "phone"
    EMAIL = "email"
    CARD = "card"
    IBAN = "iban"
    NATIONAL_ID = "national_id"
    OTHER_ID = "other_id"
    SECRET = "secret"  # noqa: S105 - the name of a group
    IGNORED = "ignored"


Groups = Mapping[str, Group]
UNKNOWN_LANGUAGE: Final = "und"  # BCP 47


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """What the labels of one file mean, and which groups it labels every instance of."""

    language: str
    judged: frozenset[Group]
    note: str
    groups: Groups


@dataclass(frozen=True, slots=True)
class Labels:
    """The table of all labels: what engines call a finding, and what each set calls a span."""

    detected: Groups
    sets: Mapping[str, LabelledSet] = field(repr=False)

    def group(self, entity_type: str, category: Category = "personal") -> Group:
        """The group of a finding: its entity type's, else secrets for a secret, else other identifiers."""
        fallback = Group.SECRET if category == "secret" else Group.OTHER_ID
        return self.detected.get(entity_type, fallback)

    def of(self, file_name: str, samples: Iterable[Sample]) -> LabelledSet:
        """What the labels in a file mean; raises ``LabelUnknown`` for those that no table has.

        The set is what stands before the first full stop. A file of no set in the table judges the groups
        that its labels name.
        """
        known = self.sets.get(file_name.partition(".")[0])
        labels = {gold.label for sample in samples for gold in sample.gold}
        groups: dict[str, Group] = {**self.detected, **{str(group): group for group in Group}}
        groups.update(known.groups if known else {})
        unknown = sorted(labels - groups.keys())
        if unknown:
            raise LabelUnknown(
                f"{file_name}: no group for {', '.join(unknown)}; map them in a table given with --labels"
            )
        if known:
            return LabelledSet(known.language, known.judged, known.note, groups)
        judged = frozenset(groups[label] for label in labels) - {Group.IGNORED}
        return LabelledSet(UNKNOWN_LANGUAGE, judged, "", groups)


def read_labels(more: Path | None = None) -> Labels:
    """The table that comes with Custody; a file of the same form adds to it. Raises ``DataInvalid``."""
    table = _read(Path(__file__).with_name("labels.toml"))
    extra = _read(more) if more else _Table()
    detected = {**_groups(table.detected), **_groups(extra.detected)}
    sets = {name: _labelled(each) for name, each in {**table.set, **extra.set}.items()}
    return Labels(detected, sets)


class _Set(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, list[str]]

    language: str
    judged: tuple[Group, ...]
    note: str = ""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    detected: dict[Group, list[str]] = {}
    set: dict[str, _Set] = {}


def _read(path: Path) -> _Table:
    try:
        return _Table(**tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise DataInvalid(f"{path}: not a table of labels: {error}") from error


def _labelled(each: _Set) -> LabelledSet:
    try:
        groups = _groups({Group(name): labels for name, labels in each.__pydantic_extra__.items()})
    except ValueError as error:
        raise DataInvalid(f"a table of labels: {error}") from error
    return LabelledSet(each.language, frozenset(each.judged), each.note, groups)


def _groups(labels: Mapping[Group, Iterable[str]]) -> dict[str, Group]:
    return {label: group for group, its in labels.items() for label in its}
