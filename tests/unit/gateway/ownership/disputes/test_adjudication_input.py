"""What the policy of disputes is asked: by a published schema, and by no other input."""

from typing import Any

import orjson
import pytest

from gateway.bundled import policies
from gateway.domain import JsonObject
from gateway.errors import PolicyUnavailable
from gateway.ownership.disputes.adjudication import advise
from gateway.ownership.disputes.values import Kind
from gateway.ownership.registry.facets import AssetType, Basis, Facet
from gateway.pdp.schemas import ADJUDICATION_INPUT, document, validator
from gateway.pdp.source import PolicySource, read_source

CLAIM: JsonObject = {
    "number": 1,
    "party": "retail",
    "facet": "accountable_owner",
    "basis": "operation",
    "cost_offered": 0,
    "shown": True,
}
ASKED: JsonObject = {
    "dispute": "dsp_1",
    "kind": "dispute",
    "asset": "support-tone",
    "asset_type": "adapter",
    "at_us": 1,
    "claims": [CLAIM],
    "held": [{"facet": "accountable_owner", "holder": "product", "basis": "default"}],
    "factors": {},
    "span": {"first": 0, "end": 10},
}


@pytest.fixture(scope="module")
def policy() -> PolicySource:
    """The shipped policies."""
    return read_source(policies())


def test_a_sound_question_is_advised_upon(policy: PolicySource) -> None:
    """What the schema describes reaches the policy: the shown ground goes before what holds by default."""
    assert advise(policy, ASKED).facets == {"accountable_owner": "retail"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"claims": [{**CLAIM, "basis": "conquest"}]}, "/claims/0/basis"),
        ({"claims": [{**CLAIM, "shown": "secret words"}]}, "/claims/0/shown"),
        ({"factors": {"retail": {"use": 1}}}, "/factors/retail"),
        ({"weights": {"use": 100}}, "/ (additionalProperties)"),
    ],
)
def test_another_question_is_never_put(policy: PolicySource, changes: dict[str, Any], place: str) -> None:
    """An input that the policy is not written for gets no answer; its place is told, not its value."""
    with pytest.raises(PolicyUnavailable) as refused:
        advise(policy, {**ASKED, **changes})
    assert place in refused.value.reason_admin
    assert "secret words" not in refused.value.reason_admin


def test_the_schema_knows_the_words_of_ownership() -> None:
    """Facets, grounds and kinds of matter are those of the registry, so none is refused for its name."""
    schema = document(ADJUDICATION_INPUT)
    assert schema["$defs"]["facet"]["enum"] == [*Facet]
    assert schema["$defs"]["basis"]["enum"] == [*Basis]
    assert schema["properties"]["kind"]["enum"] == [*Kind]


def test_every_type_of_asset_can_be_asked_about() -> None:
    """No type that can be owned is kept from the policy."""
    asked = [{**ASKED, "asset_type": each.value} for each in AssetType]
    assert all(validator(ADJUDICATION_INPUT).is_valid(orjson.loads(orjson.dumps(each))) for each in asked)
