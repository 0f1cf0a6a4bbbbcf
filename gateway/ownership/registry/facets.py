"""The words of ownership: what can be held of what, by whom, and on which ground."""

from enum import StrEnum


class Facet(StrEnum):
    """What a party can hold of an asset; each may be held by one party at a time."""

    ACCOUNTABLE_OWNER = "accountable_owner"
    CUSTODIAN = "custodian"
    STEWARD = "steward"
    DATA_OWNER = "data_owner"
    IP_HOLDER = "ip_holder"
    RISK_OWNER = "risk_owner"
    BUDGET_OWNER = "budget_owner"
    OVERSIGHT_PERSON = "oversight_person"


class Basis(StrEnum):
    """The ground of an assertion, strongest first (design section 4)."""

    LAW = "law"
    CONTRACT = "contract"
    RULING = "ruling"
    TRANSFER = "transfer"
    CHARTER = "charter"
    ORIGINATION = "origination"
    OPERATION = "operation"
    DEFAULT = "default"


class PartyKind(StrEnum):
    """Who can hold something."""

    ORG_UNIT = "org_unit"
    PERSON = "person"
    GROUP = "group"
    SERVICE = "service"


class AssetType(StrEnum):
    """What can be owned."""

    USE_CASE = "use_case"
    ENDPOINT = "endpoint"
    BASE_MODEL = "base_model"
    ADAPTER = "adapter"
    PROMPT_TEMPLATE = "prompt_template"
    DATASET = "dataset"
    EVAL_SET = "eval_set"
    POLICY_PACKAGE = "policy_package"
    GPU_POOL = "gpu_pool"


class LinkKind(StrEnum):
    """How an asset hangs together with another."""

    PART_OF = "part_of"
    DERIVED_FROM = "derived_from"


# Models, and what serves one: a digest can name their weights.
WEIGHTED = frozenset({AssetType.BASE_MODEL, AssetType.ADAPTER, AssetType.ENDPOINT})
# Somebody has to answer for these, which no program can.
NEVER_A_SERVICE = frozenset({Facet.ACCOUNTABLE_OWNER, Facet.RISK_OWNER, Facet.OVERSIGHT_PERSON})
