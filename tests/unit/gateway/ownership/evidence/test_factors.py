from gateway.ownership.evidence.factors import factors
from gateway.ownership.evidence.prices import Prices
from gateway.ownership.evidence.scorecard import scorecards
from gateway.ownership.evidence.span import Span
from gateway.ownership.evidence.tally import Tally
from gateway.ownership.evidence.usage import UsageTally, usage
from tests.calls import Call, leaves

SPAN = Span(0, 10)
CALLS = [
    Call(duration_us=3_000_000, counts={"PERSON": 1}),
    Call(asset="northwind-base"),
    Call(department="legal", secrets={"KEY": 1}),
]


def test_factors_are_of_the_asset_and_the_department() -> None:
    """Use and cost are of the asset alone, the handling record of all prompts; what is not known is null."""
    tally, used = Tally(), UsageTally()
    for index, entry in enumerate(leaves(CALLS)):
        tally.take(index, entry)
        used.take(index, entry)
    cards = scorecards(SPAN, tally)
    priced = usage(SPAN, used, Prices.model_validate({"currency": "EUR", "model_second": "0.5"}))
    found = factors(cards, priced, "support-tone", "retail")
    assert (found["use"], found["gpu_seconds"], found["cost"], found["incidents"]) == (1, 3, 1.5, 0)
    handling = found["handling"]
    assert isinstance(handling, dict)
    assert isinstance(handling["findings_per_1000"], dict)
    assert handling["findings_per_1000"]["exposure"] == 2
    unknown = factors(cards, usage(SPAN, used, None), "support-tone", "audit")
    assert (unknown["use"], unknown["cost"], unknown["incidents"], unknown["handling"]) == (
        0,
        None,
        None,
        None,
    )
