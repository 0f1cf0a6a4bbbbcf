import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from redaction.evaluation.split import held_out

LABELS = (
    "O",
    "PERSON",
    "LOCATION",
    "ORGANIZATION",
    "STREET_ADDRESS",
    "DATE_TIME",
    "ID",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
    "USERNAME",
)
ALL = frozenset(LABELS[1:])
IGNORED = "?"  # a span whose label is not to be learned, whatever the model says of it

Split = Literal["train", "dev", "test"]


@dataclass(frozen=True, slots=True)
class Example:
    """A text with labelled spans; ``annotated`` are the labels whose absence means something here."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    annotated: frozenset[str] = ALL
    language: str = "en"
    source: str = ""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A file of ``../shared/data/pii``, the language it is in, and what its labels are called here."""

    file: str
    language: str
    labels: dict[str, str]
    annotated: frozenset[str]

    def read(self, folder: Path) -> Iterator[Example]:
        """Its examples; a label without a mapping is ignored in training."""
        with gzip.open(folder / f"{self.file}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                spans = ((s, e, self._label(row["text"], s, label)) for s, e, label in row["spans"])
                kept = tuple((s, e, label) for s, e, label in spans if label != "O")
                yield Example(row["text"], kept, self.annotated, self.language, self.file)

    def _label(self, text: str, start: int, label: str) -> str:
        found = self.labels.get(label, IGNORED)
        return "USERNAME" if found == "PERSON" and "@" in text[max(0, start - 1) : start + 1] else found


def split_of(text: str) -> Split:
    """Where a text belongs: what is held out is half for thresholds and half for the published table."""
    if not held_out(text):
        return "train"
    return "test" if hashlib.sha256(text.encode("utf-8", "replace")).digest()[0] % 2 else "dev"


_NEWS = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})
_CLINICAL_ID = dict.fromkeys(
    (
        "ID_SUJETO_ASISTENCIA",
        "ID_TITULACION_PERSONAL_SANITARIO",
        "ID_ASEGURAMIENTO",
        "ID_CONTACTO_ASISTENCIAL",
        "ID_EMPLEO_PERSONAL_SANITARIO",
        "IDENTIF_VEHICULOS_NRSERIE_PLACAS",
    ),
    "ID",
)
_MEDDOCAN = {
    "NOMBRE_SUJETO_ASISTENCIA": "PERSON",
    "NOMBRE_PERSONAL_SANITARIO": "PERSON",
    "FAMILIARES_SUJETO_ASISTENCIA": "O",
    "SEXO_SUJETO_ASISTENCIA": "O",
    "PROFESION": "O",
    "TERRITORIO": "LOCATION",
    "PAIS": "LOCATION",
    "CALLE": "STREET_ADDRESS",
    "FECHAS": "DATE_TIME",
    "CORREO_ELECTRONICO": "EMAIL_ADDRESS",
    "NUMERO_TELEFONO": "PHONE_NUMBER",
    "NUMERO_FAX": "PHONE_NUMBER",
    "HOSPITAL": "ORGANIZATION",
    "INSTITUCION": "ORGANIZATION",
    "CENTRO_SALUD": "ORGANIZATION",
    **_CLINICAL_ID,
}
_EDS = {
    "NOM": "PERSON",
    "PRENOM": "PERSON",
    "DATE": "DATE_TIME",
    "DATE_NAISSANCE": "DATE_TIME",
    "TEL": "PHONE_NUMBER",
    "VILLE": "LOCATION",
    "ZIP": "LOCATION",
    "HOPITAL": "ORGANIZATION",
    "ADRESSE": "STREET_ADDRESS",
    "ADDRESSE": "STREET_ADDRESS",
    "MAIL": "EMAIL_ADDRESS",
    "SECU": "ID",
    "IPP": "ID",
    "NDA": "ID",
}
_PRESIDIO = {
    "PERSON": "PERSON",
    "ADDRESS": "STREET_ADDRESS",
    "STREET_ADDRESS": "STREET_ADDRESS",
    "LOCATION": "LOCATION",
    "GPE": "LOCATION",
    "ORGANIZATION": "ORGANIZATION",
    "CREDIT_CARD": "ID",
    "PHONE_NUMBER": "PHONE_NUMBER",
    "DATE_TIME": "DATE_TIME",
    "EMAIL_ADDRESS": "EMAIL_ADDRESS",
    "US_SSN": "ID",
    "IBAN_CODE": "ID",
    "US_DRIVER_LICENSE": "ID",
    "IP_ADDRESS": "ID",
}
_COURT = {
    "PER": "PERSON",
    "RR": "PERSON",
    "AN": "PERSON",
    "LD": "LOCATION",
    "ST": "LOCATION",
    "LDS": "LOCATION",
    "STR": "STREET_ADDRESS",
    "ORG": "ORGANIZATION",
    "UN": "ORGANIZATION",
    "INN": "ORGANIZATION",
    "GRT": "ORGANIZATION",
}
_SHORT = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION", "MISC": "O"}
_WNUT = {
    "person": "PERSON",
    "location": "LOCATION",
    "corporation": "ORGANIZATION",
    "group": "ORGANIZATION",
    "product": "O",
    "creative-work": "O",
}
_COURT_KINDS = _NEWS | {"STREET_ADDRESS", "PHONE_NUMBER", "EMAIL_ADDRESS", "USERNAME"}

SETS = (
    LabelledSet("meddocan.train", "es", _MEDDOCAN, ALL),
    LabelledSet("meddocan.dev", "es", _MEDDOCAN, ALL),
    LabelledSet("eds_pseudo.templates", "fr", _EDS, ALL),
    LabelledSet("presidio_synth.generated_large", "en", _PRESIDIO, ALL),
    LabelledSet("wnut17.train", "en", _WNUT, _NEWS),
    LabelledSet("wnut17.dev", "en", _WNUT, _NEWS),
    LabelledSet("btc.a", "en", _SHORT, _NEWS),
    LabelledSet("btc.b", "en", _SHORT, _NEWS),
    LabelledSet("btc.e", "en", _SHORT, _NEWS),
    LabelledSet("btc.g", "en", _SHORT, _NEWS),
    LabelledSet("wikigold.all", "en", _SHORT, _NEWS),
    LabelledSet("german_ler.dev", "de", _COURT, _COURT_KINDS),
    LabelledSet(
        "german_timex.all", "de", {"DATE": "DATE_TIME", "TIME": "DATE_TIME"}, frozenset({"DATE_TIME"})
    ),
    LabelledSet("sec_filings.all", "en", {"LOC": "LOCATION", "PER": "PERSON"}, _NEWS),
)
COMPARISON = LabelledSet("presidio_synth.synth_v2", "en", _PRESIDIO, ALL)  # never trained on


def labelled(folder: Path, split: Split) -> Iterator[Example]:
    """The examples of all sets that belong to this split."""
    for each in SETS:
        yield from (example for example in each.read(folder) if split_of(example.text) == split)
