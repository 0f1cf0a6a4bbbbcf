"""``custody policy``: one file per command, registered here."""

import typer

from gateway.cli import (
    policy_break_glass,
    policy_build,
    policy_check,
    policy_explain,
    policy_fmt,
    policy_lint,
    policy_replay,
    policy_rollout,
    policy_status,
    policy_test,
)

app = typer.Typer(no_args_is_help=True)
app.command("check")(policy_check.check_folder)
app.command("fmt")(policy_fmt.format_folder)
app.command("lint")(policy_lint.lint_folder)
app.command("test")(policy_test.run_folder_tests)
app.command("replay")(policy_replay.replay_decisions)
app.command("build")(policy_build.build)
app.command("list")(policy_build.list_policies)
app.command("export")(policy_build.export)
app.command("verify-bundle")(policy_build.verify)
app.command("activate")(policy_rollout.activate)
app.command("rollback")(policy_rollout.rollback)
app.command("canary")(policy_rollout.canary)
app.command("shadow")(policy_rollout.shadow)
app.command("status")(policy_status.status)
app.command("explain")(policy_explain.explain_decision)
app.command("break-glass")(policy_break_glass.take)
