"""``custody redact``: its commands, each imported when it is called."""

import typer

from gateway.cli.deferred import defer

app = typer.Typer(no_args_is_help=True)
defer(
    app,
    "scan",
    "gateway.cli.redact_scan:scan",
    'Find sensitive text: {"id", "text"} a line in, {"id", "findings"} a line out, in the same order.',
)
defer(
    app,
    "text",
    "gateway.cli.redact_text:text",
    "Take sensitive values out of standard input; with --restore put them back.",
)
defer(
    app,
    "eval",
    "gateway.cli.redact_eval:evaluate",
    "Measure recall, precision, leaks, strays and speed on labelled files, side by side with others.",
)
