"""``custody policy``: one file per command, registered here."""

import typer

from gateway.cli import policy_check, policy_replay, policy_test

app = typer.Typer(no_args_is_help=True)
app.command("check")(policy_check.check_folder)
app.command("test")(policy_test.run_folder_tests)
app.command("replay")(policy_replay.replay_decisions)
