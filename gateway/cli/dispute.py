import typer

from gateway.cli import dossier

app = typer.Typer(no_args_is_help=True)
app.command("dossier")(dossier.dossier)
