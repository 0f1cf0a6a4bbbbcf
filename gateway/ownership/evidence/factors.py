from gateway.domain import JsonObject
from gateway.ownership.evidence.scorecard import PER, Card, Scorecards, estimate_facts
from gateway.ownership.evidence.usage import Usage, total


def factors(cards: Scorecards, usage: Usage, asset: str, department: str) -> JsonObject:
    """What was measured of a department that claims an asset, for ``governance.adjudication`` to weigh.

    Use, model time and cost are of the asset alone; the handling record is of all that the department sent.
    A figure that is not known is null, never zero.
    """
    uses = [each for each in usage.of(asset) if each.department == department]
    use, costs = total(uses), [each.cost for each in uses if each.cost is not None]
    card = next((card for card in cards.cards if card.department == department), None)
    return {
        "use": use.calls,
        "gpu_seconds": use.model_us // 1_000_000,
        "cost": float(sum(costs)) if usage.currency else None,
        "incidents": card.incidents.events if card and card.incidents else None,
        "handling": _handling(card) if card else None,
    }


def _handling(card: Card) -> JsonObject:
    return {
        "findings_per_1000": estimate_facts(card.findings, PER),
        "refused_share": estimate_facts(card.refused),
        "override_share": estimate_facts(card.overrides),
        "incident_share": estimate_facts(card.incidents),
        "break_glass": card.break_glass,
        "overdue_reviews": card.overdue_reviews,
    }
