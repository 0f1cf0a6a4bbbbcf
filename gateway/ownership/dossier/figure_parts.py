"""The parts of a report that measure: data handling, use and cost, and what would have been decided."""

from collections.abc import Iterator

from gateway.ownership.dossier.material import Material
from gateway.ownership.evidence.counterfactual import Counterfactual
from gateway.ownership.evidence.intervals import Estimate
from gateway.ownership.evidence.scorecard import PER, Card, Scorecards
from gateway.ownership.evidence.usage import AssetUse, total
from gateway.ownership.evidence.words import bounded, placed
from gateway.pdp.replay.redecide import Outcome
from gateway.report.markup import Markup, joined, table, tag
from gateway.report.page import paragraphs
from gateway.report.plots import Range, Stack, ranges, stacks

# Flips that the report lists; the file replay.json has more.
_SHOWN = 25
_MEASURES = {
    "findings": (f"Findings per {PER:,} prompts", f"found values per {PER:,} prompts", PER),
    "refused": ("Prompts refused by a policy", "% of the prompts that a policy decided on", 100),
    "overrides": ("Prompts above the asset's ceiling, on a grant", "% of the prompts decided on", 100),
    "incidents": ("Prompts with a secret or a registered corpus", "% of the prompts decided on", 100),
}


def handling(material: Material) -> Markup:
    """Scorecards: each measure as a plot with its bounds and as a table with the places that they allow."""
    lead = paragraphs(
        "Figures are of all prompts that a department sent, to any asset, and come from the audit log alone."
        " A bar shows the 95 % bounds; where bars overlap the order of two departments is not known, so a"
        " place is a range of places. Of twenty figures about one lies outside of its bounds.",
    )
    parts = [part for measure in _MEASURES for part in _measure(material.cards, measure)]
    return joined(
        (lead, *parts, _by_entity(material.cards), _by_class(material.cards), _events(material.cards))
    )


def use(material: Material) -> Markup:
    """Who used the asset how much, and what it cost."""
    uses = material.usage.of(material.case.asset)
    if not uses:
        return paragraphs(f"Nobody called {material.case.asset} in this time.")
    asset, parts = material.case.asset, ("answered", "refused", "ended otherwise")
    calls = [Stack(each.department, _calls(each)) for each in uses]
    seconds = [Stack(each.department, (each.use.model_us / 1e6,)) for each in uses]
    unit = "seconds, each call from its arrival to its end"
    return joined(
        (
            stacks("use-calls", f"Calls of {asset}", "calls", parts, calls),
            stacks("use-seconds", f"Model time of {asset}", unit, ("model time",), seconds),
            _uses(material, uses),
        )
    )


def replay(material: Material) -> Markup:
    """How the asset's calls would have come out under each party."""
    control, *others = material.replays
    lead = paragraphs(
        "Each call of the asset was decided again by the policy that decided it, on the facts on record, but"
        " with one party answering for the asset in place of its owner. The control changes nothing and must"
        " give the recorded verdicts.",
    )
    rows = [Stack(each.party or "control", _numbers(each)) for each in material.replays]
    plot = stacks("replay-counts", "Calls decided again", "calls", _PARTS, rows)
    cells = [
        (each.party or "control", str(each.calls), *map(str, _numbers(each))) for each in material.replays
    ]
    counts = table("Calls decided again, by who answers for the asset", ("party", "calls", *_PARTS), cells, 6)
    return joined((lead, plot, counts, *(_flips(each) for each in others if each.flips), _reasons(control)))


_PARTS = ("unchanged", "allow to deny", "deny to allow", "no decision", "not replayable")


def _numbers(each: Counterfactual) -> tuple[int, ...]:
    return (
        each.counts.get(Outcome.UNCHANGED, 0),
        each.changes.get("allow to deny", 0),
        each.changes.get("deny to allow", 0),
        each.counts.get(Outcome.ERROR, 0),
        each.counts.get(Outcome.UNREPLAYABLE, 0),
    )


def _flips(each: Counterfactual) -> Markup:
    rows = [
        (str(flip.index), flip.department, flip.change, ", ".join(flip.rules) or "none")
        for flip in each.flips[:_SHOWN]
    ]
    changed = each.counts.get(Outcome.CHANGED, 0)
    more = f"; {_SHOWN} of {changed} are shown, replay.json has more" if changed > _SHOWN else ""
    caption = f"Had {each.party} answered for it, these would have come out otherwise{more}"
    return table(caption, ("entry", "caller", "change", "rules that would decide"), rows)


def _reasons(control: Counterfactual) -> Markup:
    if not control.reasons:
        return Markup("")
    rows = [(reason, str(count)) for reason, count in sorted(control.reasons.items())]
    return table("Why calls could not be decided again", ("reason", "calls"), rows, 1)


def _measure(cards: Scorecards, measure: str) -> Iterator[Markup]:
    title, unit, per = _MEASURES[measure]
    standings = cards.standings(measure)
    if not standings:
        return
    rows = [Range(each.department, *_scaled(each.estimate, per)) for each in standings]
    yield tag("h3", title)
    yield ranges(f"handling-{measure}", title, unit, rows)
    mark = "" if measure == "findings" else " %"
    cells = [
        (
            each.department,
            bounded(each.estimate, per, mark),
            f"{each.estimate.events:,}",
            f"{each.estimate.exposure:,}",
            placed(each.place),
            each.estimate.method,
        )
        for each in standings
    ]
    head = ("department", "figure (95 % bounds)", "counted", "of prompts", "place, least first", "bounds by")
    yield table(title, head, cells)


def _by_entity(cards: Scorecards) -> Markup:
    rows = [
        (card.department, entity, bounded(estimate, PER), f"{estimate.events:,}")
        for card in cards.cards
        for entity, estimate in card.by_entity.items()
    ]
    if not rows:
        return Markup("")
    caption = f"Findings per {PER:,} prompts by entity type"
    return table(caption, ("department", "entity type", "figure (95 % bounds)", "found"), rows, 1)


def _by_class(cards: Scorecards) -> Markup:
    rows = [
        (card.department, name, bounded(estimate, PER), f"{estimate.exposure:,}")
        for card in cards.cards
        for name, estimate in card.by_class.items()
    ]
    caption = f"Findings per {PER:,} prompts by the class that the caller declared"
    return table(caption, ("department", "class", "figure (95 % bounds)", "prompts"), rows, 1)


def _events(cards: Scorecards) -> Markup:
    rows = [
        (
            card.department,
            f"{card.prompts:,}",
            f"{card.sender_days:,}",
            _codes(card),
            str(card.break_glass),
            str(card.overdue_reviews),
        )
        for card in cards.cards
    ]
    head = ("department", "prompts", "sender-days", "refusals by code", "break-glass", "overdue reviews")
    return table("What was counted", head, rows)


def _codes(card: Card) -> str:
    return ", ".join(f"{code} {count}" for code, count in card.refused_by_code.items()) or "none"


def _uses(material: Material, uses: tuple[AssetUse, ...]) -> Markup:
    cost = f"cost ({material.usage.currency})" if material.usage.currency else "cost"
    head = ("department", "calls", "answered", "refused", "tokens in", "tokens out", "model s", cost)
    rows = [
        _row(each.department, each, "not known" if each.cost is None else str(each.cost)) for each in uses
    ]
    costs = [each.cost for each in uses if each.cost is not None]
    whole = AssetUse(material.case.asset, "", total(uses), None)
    rows.append(_row("all", whole, str(sum(costs)) if costs else "not known"))
    return table(f"Use of {material.case.asset}", head, rows, 7)


def _row(name: str, each: AssetUse, cost: str) -> tuple[str, ...]:
    found = each.use
    numbers = (found.calls, found.answered, found.refused, found.prompt_tokens, found.completion_tokens)
    return (name, *(f"{number:,}" for number in numbers), f"{found.model_us / 1e6:,.1f}", cost)


def _calls(each: AssetUse) -> tuple[int, ...]:
    found = each.use
    return found.answered, found.refused, max(0, found.calls - found.answered)


def _scaled(estimate: Estimate, per: int) -> tuple[float, float, float]:
    return estimate.value * per, estimate.low * per, estimate.high * per
