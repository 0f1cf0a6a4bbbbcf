import typer

from gateway.cli import redact_eval

app = typer.Typer(no_args_is_help=True)
app.command("eval")(redact_eval.evaluate)
