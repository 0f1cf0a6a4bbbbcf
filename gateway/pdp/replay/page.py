"""A replay as one HTML page that stands alone: it loads nothing and runs nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files

from gateway.pdp.replay.plots import Series, columns, legend, share_bar
from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.replay.spread import Replay
from gateway.pdp.replay.summary import Scope, moment
from gateway.pdp.replay.tally import Change

_CHANGES = (
    Series(Change.DENY_TO_ALLOW.value, "opens"),
    Series(Change.ALLOW_TO_DENY.value, "closes"),
    Series(Change.OTHER_OBLIGATIONS.value, "duties"),
    Series(Change.OTHER_RULES.value, "rules"),
    Series(Outcome.ERROR.value, "error"),
)
_REST = (Series(Outcome.UNCHANGED.value, "same"), Series(Outcome.UNREPLAYABLE.value, "blind"))
_ALL = (*_CHANGES, *_REST)
# Nothing but its own style may load, whatever a name in the log holds.
_LOADS = "default-src 'none'; style-src 'unsafe-inline'"
_DAY_US = 86_400_000_000


def page(replay: Replay, scope: Scope) -> str:
    """The whole document."""
    style = files("gateway.pdp.replay").joinpath("page.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_LOADS}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Policy replay</title><style>{style}</style></head><body><main>"
        f"{_head(replay, scope)}{_outcomes(replay)}{_over_time(replay)}{_matrix(replay)}"
        f"{_flips(replay)}{_reasons(replay)}</main></body></html>\n"
    )


def _head(replay: Replay, scope: Scope) -> str:
    terms, tally = replay.terms, replay.tally
    against = f"{scope.baseline} ({terms.baseline.revision[:12]})" if terms.baseline else "the record"
    facts = [
        ("Candidate", f"{scope.candidate} ({terms.candidate.revision[:12]}, {terms.form})"),
        ("Held against", against),
        ("Asked for", f"{scope.since or 'the beginning'} to {scope.until or 'now'}{_narrowed(replay)}"),
        ("Calls in the log", f"{tally.calls:,}, {moment(replay.first_us)} to {moment(replay.last_us)}"),
        ("Checked by the interpreter", _checked(replay)),
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f"<h1>Policy replay</h1><dl>{rows}</dl>"


def _narrowed(replay: Replay) -> str:
    named = [name for name in (replay.terms.department, replay.terms.asset) if name]
    return f", only {', '.join(named)}" if named else ""


def _checked(replay: Replay) -> str:
    tally = replay.tally
    if not tally.cross_checked:
        return "no call" if replay.terms.form == "compiled" else "it decided every call"
    return f"{tally.cross_checked:,} calls, {len(tally.disagreements)} answered differently"


def _outcomes(replay: Replay) -> str:
    tally = replay.tally
    tiles = [(one.name, one.style, _count(replay, one.name)) for one in _ALL]
    shown = "".join(
        f'<li class="tile"><i class="{style}"></i><b>{count:,}</b>{escape(name)}</li>'
        for name, style, count in tiles
    )
    bar = share_bar([(one, _count(replay, one.name)) for one in _ALL])
    said = "" if tally.calls else "<p>The log holds no call in this span.</p>"
    return f'<section><h2>Outcomes</h2><ul class="tiles">{shown}</ul>{bar}{said}</section>'


def _count(replay: Replay, label: str) -> int:
    return sum(count for (_, name), count in replay.tally.times.items() if name == label)


def _over_time(replay: Replay) -> str:
    width = replay.terms.bucket_us
    starts = sorted({start for start, _ in replay.tally.times})
    if not starts:
        return ""
    every = list(range(starts[0], starts[-1] + width, width))
    labels = [_label(start, width) for start in every]
    names = dict(zip(every, labels, strict=True))
    counts = {(names[start], label): count for (start, label), count in replay.tally.times.items()}
    changes = columns(counts, labels, _CHANGES, "Changes over time")
    calls = columns(counts, labels, _ALL, "Calls over time")
    return (
        f"<section><h2>Changes over time (UTC)</h2>{legend(_CHANGES)}{changes}"
        f"<h2>All calls over time (UTC)</h2>{legend(_ALL)}{calls}</section>"
    )


def _label(start_us: int, width_us: int) -> str:
    shape = "%Y-%m-%d" if width_us >= _DAY_US else "%m-%d %H:%M"
    return datetime.fromtimestamp(start_us // 1_000_000, UTC).strftime(shape)


def _matrix(replay: Replay) -> str:
    """Departments by assets: how many of the calls would have come out the other way."""
    flipped: Counter[tuple[str, str, Change]] = Counter()
    for flip, count in replay.tally.flips.items():
        if flip.change.flips:
            flipped[flip.department, flip.asset, flip.change] += count
    cells = replay.tally.cells
    departments = sorted({department for department, _ in cells})
    assets = sorted({asset for _, asset in cells})
    if not cells:
        return ""
    head = "".join(f"<th>{escape(asset or '-')}</th>" for asset in assets)
    rows = "".join(
        f"<tr><th>{escape(department or '-')}</th>"
        + "".join(_cell(flipped, department, asset, cells[department, asset]) for asset in assets)
        + "</tr>"
        for department in departments
    )
    return (
        "<section><h2>By department and asset</h2>"
        "<p>Calls that would be let through (▲) and refused (▼), of all calls.</p>"
        f'<table class="matrix"><tr><th></th>{head}</tr>{rows}</table></section>'
    )


def _cell(flipped: Counter[tuple[str, str, Change]], department: str, asset: str, calls: int) -> str:
    if not calls:
        return "<td></td>"
    opened = flipped[department, asset, Change.DENY_TO_ALLOW]
    closed = flipped[department, asset, Change.ALLOW_TO_DENY]
    style = "opens" if opened >= closed else "closes"
    depth = min(1.0, 0.15 + (opened + closed) / calls) if opened or closed else 0.0
    return (
        f'<td><span class="{style}" style="opacity:{depth:.2f}"></span>'
        f"<em>▲ {opened:,}&ensp;▼ {closed:,}</em> of {calls:,}</td>"
    )


def _flips(replay: Replay) -> str:
    ranked = replay.tally.ranked()
    if not ranked:
        return "<section><h2>Changes</h2><p>No call would have been decided otherwise.</p></section>"
    styles = {one.name: one.style for one in _CHANGES}
    rows = [
        (
            f'<i class="{styles[flip.change.value]}"></i>{escape(flip.change.value)}',
            f"{count:,}",
            f"{escape(flip.department or '-')}<br>on {escape(flip.asset or '-')}",
            f"{escape(flip.before or '-')}<br>→ {escape(flip.after or '-')}",
            "".join(f"<code>{escape(each)}</code>" for each in replay.tally.examples[flip]),
        )
        for flip, count in ranked
    ]
    titles = ("change", "calls", "who and what", "deciding rule, before → after", "decisions, for example")
    return f"<section><h2>Changes</h2>{_table(titles, rows)}</section>"


def _reasons(replay: Replay) -> str:
    reasons = replay.tally.reasons.most_common()
    if not reasons:
        return ""
    rows = [(escape(outcome.value), f"{count:,}", escape(reason)) for (outcome, reason), count in reasons]
    return (
        "<section><h2>Not decided again</h2>"
        f"{_table(('outcome', 'calls', 'reason'), rows)}"
        "<p>An error means that the candidate gives no answer: a gateway would refuse the call.</p></section>"
    )


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{title}</th>" for title in titles)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
