"""Which detectors a command runs."""

from collections.abc import Sequence
from typing import Annotated

import typer
from pydantic import ValidationError

from gateway.cli.configuration import fail
from gateway.parts import detectors
from gateway.settings import Settings, SettingsInvalid
from redaction.base import Detector

DetectorsOption = Annotated[
    str,
    typer.Option(
        "--detectors", metavar="KIND,KIND", help="Detectors to run; default: those that the settings name."
    ),
]


def chosen_detectors(settings: Settings, asked: str) -> Sequence[Detector]:
    """The detectors of the settings, or those asked for; on faults says so and exits with 2."""
    kinds = [kind.strip() for kind in asked.split(",") if kind.strip()]
    try:
        return detectors(settings, kinds)
    except SettingsInvalid as error:
        fail(str(error))
    except ValidationError:
        fail("--detectors takes kinds separated by commas, such as patterns,secrets")
