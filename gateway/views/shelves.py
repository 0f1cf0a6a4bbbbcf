"""Every kind of thing that is told of; a part of governance that adds one adds it here."""

from gateway.views import assets, parties, proposals
from gateway.views.base import Shelf

SHELVES: tuple[Shelf, ...] = (parties.SHELF, assets.SHELF, proposals.SHELF)
