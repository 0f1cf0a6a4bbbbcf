"""Every kind of thing that is told of; a part of governance that adds one adds it here."""

from gateway.views import (
    assets,
    delegations,
    disputes,
    grants,
    mandates,
    parties,
    policies,
    precedents,
    proposals,
    transfers,
)
from gateway.views.base import AnyShelf

SHELVES: tuple[AnyShelf, ...] = (
    parties.SHELF,
    assets.SHELF,
    grants.SHELF,
    delegations.SHELF,
    transfers.SHELF,
    disputes.SHELF,
    mandates.SHELF,
    precedents.SHELF,
    proposals.SHELF,
    policies.POLICIES,
    policies.ACTIVATIONS,
    policies.REPLICAS,
)
