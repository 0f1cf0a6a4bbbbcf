from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.configuration import ConfigOption, configured
from gateway.identity.keys import key_digest, new_key
from gateway.pepper import pepper
from gateway.state import StateFolder

app = typer.Typer(no_args_is_help=True)


@app.command("new")
def new(
    principal: Annotated[str, typer.Argument(help="Id of the principal that the key is for.")],
    environment: Annotated[str, typer.Option(help="Short name that shows in the key: live, test.")] = "live",
    config: ConfigOption = None,
) -> None:
    """Make a key; it is shown once, and its digest goes into the settings."""
    settings = configured(config)
    key = new_key(environment)
    console = Console()
    console.print(f"[bold]{key}[/bold]", soft_wrap=True)
    console.print(f"Give the key to {principal} now; it cannot be shown again.", style="dim")
    console.print(f"Under the principal {principal} in the settings, beside at most one older key, write:")
    digest = key_digest(key, pepper(settings, StateFolder(settings.state_dir)))
    console.print(f'keys = [{{ digest = "{digest}" }}]', soft_wrap=True, highlight=False, markup=False)
