"""What changed since a moment: for those who keep what is believed now in memory."""

from sqlalchemy import Connection, and_, func, select, union_all

from gateway.control.schema import CONTROL_CHANGE, FOREVER
from gateway.errors import NotFound
from gateway.ownership.registry.links import progeny
from gateway.ownership.registry.tables import ASSET, ASSET_LINK, OWNERSHIP_ASSERTION


def moment_of(connection: Connection, revision: int) -> int:
    """When a change was believed from: what was known with that revision is what was known then.

    Raises ``NotFound`` for a revision that is none.
    """
    at_us: int | None = connection.scalar(
        select(CONTROL_CHANGE.c.at_us).where(CONTROL_CHANGE.c.revision == revision)
    )
    if at_us is None:
        raise NotFound(f"There is no revision {revision} of the registry.")
    return at_us


def touched_since(connection: Connection, since_us: int, revision: int = 0) -> frozenset[str]:
    """Assets of which something is believed otherwise than at ``since_us``.

    Those that stand on such an asset are among them, for what they hold by default may differ. ``revision``
    is the last change at ``since_us``, if the caller knows it; it spares a look-up.
    """
    revision = revision or _revision_at(connection, since_us)
    asset, link, said = ASSET.c, ASSET_LINK.c, OWNERSHIP_ASSERTION.c
    closed = and_(said.recorded_to_us > since_us, said.recorded_to_us < FOREVER)
    # Not UNION: SQLite would merge whole indexes to leave out what stands twice.
    changed = union_all(
        select(said.asset).where(said.recorded_from_us > since_us),
        select(said.asset).where(closed),
        select(asset.id).where(asset.revision > revision),
        select(asset.id).where(asset.retired_revision > revision),
        select(link.child).where(link.revision > revision),
        select(link.child).where(link.closed_revision > revision),
    )
    first = set(connection.scalars(changed))
    return frozenset(first | {each.child for each in progeny(connection, first)})


def _revision_at(connection: Connection, at_us: int) -> int:
    latest = select(func.max(CONTROL_CHANGE.c.revision)).where(CONTROL_CHANGE.c.at_us <= at_us)
    return connection.scalar(latest) or 0
