"""Which settings a command runs with."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from gateway.bundled import example_settings
from gateway.settings import Settings, SettingsInvalid, load_settings

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Settings file; default: ./custody.toml, else the embedded example."),
]


def configured(config: Path | None) -> Settings:
    """The settings of this run; on faults prints all of them and exits with 2."""
    local = Path("custody.toml")
    path = config or (local if local.is_file() else example_settings())
    try:
        return load_settings(path)
    except SettingsInvalid as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Says what is wrong on the error stream and exits with 2."""
    Console(stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)
