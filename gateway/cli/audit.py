"""``custody audit``: its commands, each imported when it is called."""

import typer

from gateway.cli.deferred import defer

app = typer.Typer(no_args_is_help=True, help="Look into the audit log, and check it.")


defer(app, "tail", "gateway.cli.audit_entries:tail", "Show the latest entries, oldest first.")
defer(
    app,
    "show",
    "gateway.cli.audit_entries:show",
    "Show entries whole, each with its proof of inclusion checked.",
)
defer(
    app,
    "status",
    "gateway.cli.audit_status:status",
    "Show the log's size and lag, its last checkpoint, who cosigned it, and whether the quorum is met.",
)
defer(
    app,
    "verify",
    "gateway.cli.audit_verify:verify",
    "Derive the whole log again from its bytes; exit code 1 if anything contradicts.",
)
defer(app, "search", "gateway.cli.audit_search:find", "Find entries by what they say, latest first.")
defer(
    app,
    "stats",
    "gateway.cli.audit_search:stats",
    "Count entries by department, asset, owner, rule, day and more.",
)
defer(
    app,
    "query",
    "gateway.cli.audit_query:query",
    "Ask the log in SQL (DuckDB): read-only, bounded, the newest entries included.",
)
defer(
    app,
    "scorecard",
    "gateway.cli.audit_scorecard:scorecard",
    "Show how each department handles data: figures with their bounds, and what could not be counted.",
)
defer(
    app,
    "usage",
    "gateway.cli.audit_scorecard:usage",
    "Show calls, tokens, model time and cost by asset and department.",
)
defer(
    app,
    "export",
    "gateway.cli.audit_export:export",
    "Write the log out for others: a range (--first, --end), what a filter lets through, or all of it.",
)
defer(
    app,
    "prove",
    "gateway.cli.audit_export:prove",
    "Write one entry with its proof into a file that anybody can check without the log.",
)
defer(
    app,
    "verify-proof",
    "gateway.cli.audit_export:verify_proof",
    "Check a proof file against keys alone; exit code 1 if it does not hold.",
)
defer(
    app,
    "erase",
    "gateway.cli.payloads:erase",
    "Make every kept payload of a person unreadable, for good; a legal hold wins.",
)
defer(
    app,
    "prune",
    "gateway.cli.payloads:prune",
    "Erase the keys of payloads that are older than their department's retention.",
)
defer(
    app,
    "disclose",
    "gateway.cli.payloads:disclose",
    "Hand out the key of one payload, which opens no other; on record before it is shown.",
)
defer(app, "hold", "gateway.cli.payloads:hold_app", "Legal holds, which win over erasure and retention.")
