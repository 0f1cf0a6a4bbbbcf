from decimal import Decimal
from pathlib import Path

import pytest

from gateway.ownership.evidence.prices import Prices, PricesInvalid, read_prices
from gateway.ownership.evidence.span import Span
from gateway.ownership.evidence.usage import Usage, UsageTally, total, usage
from tests.calls import Call, leaves

CALLS = [
    Call(prompt_tokens=1_000, completion_tokens=200, duration_us=1_500_000),
    Call(prompt_tokens=3_000, completion_tokens=0, duration_us=500_000),
    Call(department="product", asset="northwind-base"),
    Call(code="access_denied"),
]


def used(prices: Prices | None = None) -> Usage:
    """The use that these calls make."""
    tally = UsageTally()
    for index, entry in enumerate(leaves(CALLS)):
        tally.take(index, entry)
    return usage(Span(0, 10), tally, prices)


def test_use_is_counted_by_asset_and_department() -> None:
    """Calls, answers, refusals, tokens and model time stand by asset and department of the sender."""
    found = used()
    assert [(each.asset, each.department) for each in found.uses] == [
        ("northwind-base", "product"),
        ("support-tone", "retail"),
    ]
    (tone,) = found.of("support-tone")
    assert (tone.use.calls, tone.use.answered, tone.use.refused) == (2, 2, 1)
    assert (tone.use.prompt_tokens, tone.use.completion_tokens) == (4_000, 200)
    assert tone.use.model_us == 2_000_000
    assert total(found.uses).calls == 3


def test_cost_is_use_times_price() -> None:
    """Each asset costs by its own prices where it has some, else by those of the house, exactly."""
    prices = Prices.model_validate(
        {
            "currency": "EUR",
            "model_second": "0.01",
            "assets": {"support-tone": {"model_second": "0.1", "completion_tokens_1000": "0.3"}},
        }
    )
    found = used(prices)
    assert [each.cost for each in found.uses] == [Decimal("0.0200"), Decimal("0.2600")]
    assert found.facts()["currency"] == "EUR"


def test_without_prices_nothing_is_said_of_cost() -> None:
    """No price is made up: the cost is not known, and the gaps say so."""
    found = used()
    assert {each.cost for each in found.uses} == {None}
    assert any("No prices" in gap for gap in found.gaps)
    assert any("1 answered calls have no token count" in gap for gap in found.gaps)


def test_prices_are_read_from_a_file(tmp_path: Path) -> None:
    """The table [costs] of a TOML file gives prices, to the digit."""
    path = tmp_path / "prices.toml"
    path.write_text(
        '[costs]\ncurrency = "EUR"\nmodel_second = 0.0011\n[costs.assets."a.b"]\nmodel_second = "2"\n'
    )
    prices = read_prices(path)
    assert (prices.of("other").model_second, prices.of("a.b").model_second) == (Decimal("0.0011"), 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[costs]\n",
        '[costs]\ncurrency = "EUR"\nmodel_second = -1\n',
        '[costs]\ncurrency = "EUR"\nmodel_second = nan\n',
        '[costs]\ncurrency = "EUR"\ngpu = 1\n',
        "[costs",
        "\0",
    ],
)
def test_bad_prices_are_refused(tmp_path: Path, text: str) -> None:
    """Prices that are missing, negative, no number or unknown are refused, and so is what is no TOML."""
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(PricesInvalid):
        read_prices(path)
