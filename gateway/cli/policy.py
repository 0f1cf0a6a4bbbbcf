"""``custody policy``: its commands, each imported when it is called."""

import typer

from gateway.cli.deferred import defer

app = typer.Typer(no_args_is_help=True)
defer(
    app,
    "check",
    "gateway.cli.policy_check:check_folder",
    "Parse, check and compile a policy folder, and try it in a process of its own.",
)
defer(
    app,
    "fmt",
    "gateway.cli.policy_fmt:format_folder",
    "Lay out a policy folder as `opa fmt` does: white space, line breaks and commas, never the meaning.",
)
defer(
    app,
    "lint",
    "gateway.cli.policy_lint:lint_folder",
    "Hold a policy folder against the house rules; the exit code is 1 if one is broken.",
)
defer(
    app,
    "test",
    "gateway.cli.policy_test:run_folder_tests",
    "Run a policy folder's own tests; the exit code is 1 unless every one passes.",
)
defer(
    app,
    "replay",
    "gateway.cli.policy_replay:replay_decisions",
    "Decide the calls on record again by a candidate policy, and show what would come out otherwise.",
)
defer(
    app,
    "build",
    "gateway.cli.policy_build:build",
    "Check a policy, build its signed bundle and store it; it is not in force yet.",
)
defer(
    app,
    "list",
    "gateway.cli.policy_build:list_policies",
    "List the stored policies, and which is in force; or what was in force when.",
)
defer(
    app, "export", "gateway.cli.policy_build:export", "Write the signed bundle of a stored policy to a file."
)
defer(
    app,
    "verify-bundle",
    "gateway.cli.policy_build:verify",
    "Verify a bundle as a gateway with these settings would before putting it into force.",
)
defer(
    app,
    "activate",
    "gateway.cli.policy_rollout:activate",
    "Put a stored policy into force for everybody, on every replica.",
)
defer(
    app,
    "rollback",
    "gateway.cli.policy_rollout:rollback",
    "Put the policy back into force that was active before the present one.",
)
defer(
    app,
    "canary",
    "gateway.cli.policy_rollout:canary",
    "Let a stored policy decide for a share of principals; too many failures end it by themselves.",
)
defer(
    app,
    "shadow",
    "gateway.cli.policy_rollout:shadow",
    "Ask a stored policy beside the active one and count where they differ; it decides nothing.",
)
defer(
    app,
    "status",
    "gateway.cli.policy_status:status",
    "Show what is in force and on trial, and each replica's policy, form, errors and age.",
)
defer(
    app,
    "explain",
    "gateway.cli.policy_explain:explain_decision",
    "Show which rules decided a call, with their source lines, the facts, and what would have to change.",
)
defer(
    app,
    "break-glass",
    "gateway.cli.policy_break_glass:take",
    "Take a right on an asset for one's own department, for minutes; the owner is told.",
)
