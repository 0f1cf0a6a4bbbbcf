"""Every kind of thing that is told of; a part of governance that adds one adds it here."""

from gateway.views import assets, disputes, mandates, parties, policies, precedents, proposals, rights
from gateway.views.base import AnyShelf

SHELVES: tuple[AnyShelf, ...] = (
    parties.SHELF,
    assets.SHELF,
    rights.GRANTS,
    rights.DELEGATIONS,
    rights.TRANSFERS,
    disputes.SHELF,
    mandates.SHELF,
    precedents.SHELF,
    proposals.SHELF,
    policies.POLICIES,
    policies.ACTIVATIONS,
    policies.REPLICAS,
)
