import typer

from gateway.cli import redact_eval, redact_scan, redact_text

app = typer.Typer(no_args_is_help=True)
app.command("scan")(redact_scan.scan)
app.command("text")(redact_text.text)
app.command("eval")(redact_eval.evaluate)
