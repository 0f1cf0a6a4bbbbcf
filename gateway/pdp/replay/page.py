"""A replay as one HTML page that stands alone: it loads nothing and runs nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from gateway.pdp.replay.redecide import Outcome
from gateway.pdp.replay.spread import Replay
from gateway.pdp.replay.summary import Scope, moment
from gateway.pdp.replay.tally import Change, Flip
from gateway.report.counts import Columns, Kind, columns, legend, shares, swatch, tiles
from gateway.report.markup import Markup, joined, table, tag
from gateway.report.page import Section, facts, paragraphs
from gateway.report.page import page as report_page

_CHANGES = (
    Kind(Change.DENY_TO_ALLOW.value, "f1"),
    Kind(Change.ALLOW_TO_DENY.value, "f0"),
    Kind(Change.OTHER_OBLIGATIONS.value, "f3"),
    Kind(Change.OTHER_RULES.value, "f4"),
    Kind(Outcome.ERROR.value, "fault"),
)
_REST = (Kind(Outcome.UNCHANGED.value, "faint"), Kind(Outcome.UNREPLAYABLE.value, "f5"))
_ALL = (*_CHANGES, *_REST)
_NAMED = {kind.name: kind for kind in _ALL}
_DAY_US = 86_400_000_000


def page(replay: Replay, scope: Scope) -> bytes:
    """The whole document."""
    return report_page("Policy replay", _head(replay, scope), list(_sections(replay)))


def _sections(replay: Replay) -> Iterator[Section]:
    yield Section("outcomes", "Outcomes", _outcomes(replay))
    if replay.tally.times:
        yield Section("time", "Over time (UTC)", _over_time(replay))
    if replay.tally.cells:
        yield Section("matrix", "By department and asset", _matrix(replay))
    yield Section("changes", "Changes", _flips(replay))
    if replay.tally.reasons:
        yield Section("reasons", "Not decided again", _reasons(replay))


def _head(replay: Replay, scope: Scope) -> Markup:
    terms, tally = replay.terms, replay.tally
    against = f"{scope.baseline} ({terms.baseline.revision[:12]})" if terms.baseline else "the record"
    return facts(
        [
            ("Candidate", f"{scope.candidate} ({terms.candidate.revision[:12]}, {terms.form})"),
            ("Held against", against),
            ("Asked for", f"{scope.since or 'the beginning'} to {scope.until or 'now'}{_narrowed(replay)}"),
            ("Calls in the log", f"{tally.calls:,}, {moment(replay.first_us)} to {moment(replay.last_us)}"),
            ("Checked by the interpreter", _checked(replay)),
        ]
    )


def _narrowed(replay: Replay) -> str:
    named = [name for name in (replay.terms.department, replay.terms.asset) if name]
    return f", only {', '.join(named)}" if named else ""


def _checked(replay: Replay) -> str:
    tally = replay.tally
    if not tally.cross_checked:
        return "no call" if replay.terms.form == "compiled" else "it decided every call"
    return f"{tally.cross_checked:,} calls, {len(tally.disagreements)} answered differently"


def _outcomes(replay: Replay) -> Markup:
    counts = [(kind, _count(replay, kind.name)) for kind in _ALL]
    if not replay.tally.calls:
        return joined((tiles(counts), *paragraphs("The log holds no call in this span.")))
    return joined((tiles(counts), shares("shares", "Shares of outcomes", counts)))


def _count(replay: Replay, label: str) -> int:
    return sum(count for (_, name), count in replay.tally.times.items() if name == label)


def _over_time(replay: Replay) -> Markup:
    width = replay.terms.bucket_us
    starts = sorted({start for start, _ in replay.tally.times})
    labels = {start: _label(start, width) for start in range(starts[0], starts[-1] + width, width)}
    counts = {(labels[start], name): count for (start, name), count in replay.tally.times.items()}
    every = list(labels.values())
    calls = Columns(every, _ALL, counts)
    rows = [(label, *(f"{count:,}" for count in calls.of(label))) for label in every if any(calls.of(label))]
    numbers = table("Calls by time and outcome", ("from", *_NAMED), rows, len(_NAMED))
    return joined(
        (
            legend(_ALL),
            tag("h3", "Changes alone"),
            columns("changes-time", "Changes over time", Columns(every, _CHANGES, counts)),
            tag("h3", "All calls"),
            columns("calls-time", "Calls over time", calls),
            tag("details", tag("summary", "The same in numbers"), numbers),
        )
    )


def _label(start_us: int, width_us: int) -> str:
    shape = "%Y-%m-%d" if width_us >= _DAY_US else "%m-%d %H:%M"
    return datetime.fromtimestamp(start_us // 1_000_000, UTC).strftime(shape)


def _matrix(replay: Replay) -> Markup:
    """Departments by assets: how many of the calls would have come out the other way."""
    flipped: Counter[tuple[str, str, Change]] = Counter()
    for flip, count in replay.tally.flips.items():
        if flip.change.flips:
            flipped[flip.department, flip.asset, flip.change] += count
    cells = replay.tally.cells
    assets = sorted({asset for _, asset in cells})
    rows = [
        (
            department or "-",
            *(_cell(flipped, department, asset, cells[department, asset]) for asset in assets),
        )
        for department in sorted({department for department, _ in cells})
    ]
    said = "Calls that would be let through (▲) and refused (▼), of all calls"
    return table(said, ("department", *(asset or "-" for asset in assets)), rows, len(assets))


def _cell(flipped: Counter[tuple[str, str, Change]], department: str, asset: str, calls: int) -> Markup:
    if not calls:
        return Markup()
    opened = flipped[department, asset, Change.DENY_TO_ALLOW]
    closed = flipped[department, asset, Change.ALLOW_TO_DENY]
    turned = tag("b" if opened or closed else "span", f"▲\u2009{opened:,} ▼\u2009{closed:,}")
    return joined((turned, f" of {calls:,}"))


def _flips(replay: Replay) -> Markup:
    ranked = replay.tally.ranked()
    if not ranked:
        return paragraphs("No call would have been decided otherwise.")
    titles = ("change", "who and what", "deciding rule, before → after", "decisions, for example", "calls")
    rows = [_flip(flip, replay.tally.examples[flip], count) for flip, count in ranked]
    return table("What would come out otherwise: what opens first, then the frequent", titles, rows, 1)


def _flip(flip: Flip, examples: Sequence[str], count: int) -> tuple[Markup | str, ...]:
    return (
        joined((swatch(_NAMED[flip.change.value]), flip.change.value)),
        joined((flip.department or "-", tag("br"), f"on {flip.asset or '-'}")),
        joined((flip.before or "-", tag("br"), f"→ {flip.after or '-'}")),
        joined(tag("div", tag("code", each)) for each in examples),
        f"{count:,}",
    )


def _reasons(replay: Replay) -> Markup:
    rows = [
        (outcome.value, reason, f"{count:,}")
        for (outcome, reason), count in replay.tally.reasons.most_common()
    ]
    listed = table("Calls that the candidate was not asked about, or gave no answer to",
                   ("outcome", "reason", "calls"), rows, 1)  # fmt: skip
    said = "An error means that the candidate gives no answer: a gateway would refuse the call."
    return joined((listed, paragraphs(said)))
