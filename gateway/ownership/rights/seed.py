"""The settings' grants enter the registry once; after that they are its, to be revoked like any other."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from gateway.control.changes import Change, Control
from gateway.domain import Right
from gateway.ownership.registry.facets import Facet
from gateway.ownership.registry.seed import SETTINGS_ACTOR
from gateway.ownership.registry.times import microseconds
from gateway.ownership.rights.authority import holder_of
from gateway.ownership.rights.grants import Source, Terms, give
from gateway.ownership.rights.tables import GRANT
from gateway.settings import GrantSettings


class _KnownAlready(Exception):
    """No error: it undoes a change that would say nothing."""


async def seed_grants(control: Control, grants: Iterable[GrantSettings]) -> tuple[str, ...]:
    """Gives, in the owners' names, the grants that were never given from the settings; their ids.

    One that is over is passed over, and so is one that was revoked since. Raises ``NotFound`` or ``Conflict``
    where a grant does not fit the registry, and what ``Control.change`` raises.
    """
    wanted = tuple(grants)
    if not await control.read(lambda connection: _new(connection, wanted)):
        return ()
    try:
        return await control.change(SETTINGS_ACTOR, lambda change: _seed(change, wanted))
    except _KnownAlready:  # another gateway of this database was faster, or all of them are over
        return ()


def _seed(change: Change, grants: tuple[GrantSettings, ...]) -> tuple[str, ...]:
    lasting = [each for each in _new(change.connection, grants) if microseconds(each.expires) > change.at_us]
    if not lasting:
        raise _KnownAlready
    return tuple(_give(change, each) for each in lasting)


def _give(change: Change, grant: GrantSettings) -> str:
    owner = holder_of(change, grant.asset, Facet.ACCOUNTABLE_OWNER)
    terms = Terms(
        grant.asset,
        grant.department,
        Right(grant.action.value),
        grant.class_ceiling,
        grant.use_case,
        option=False,
        from_us=change.at_us,
        to_us=microseconds(grant.expires),
    )
    return give(change, terms, Source(owner, change.actor.id))


def _new(connection: Connection, grants: tuple[GrantSettings, ...]) -> list[GrantSettings]:
    """Those that no row of the settings' own, believed or not, says."""
    columns = [GRANT.c[name] for name in ("asset", "department", "action", "class_ceiling", "use_case")]
    query = select(*columns, GRANT.c.valid_to_us).where(GRANT.c.giver == SETTINGS_ACTOR.id)
    known = {tuple(row) for row in connection.execute(query)}
    return [each for each in grants if _key(each) not in known]


def _key(grant: GrantSettings) -> tuple[str, str, str, str, str, int]:
    return (
        grant.asset,
        grant.department,
        grant.action.value,
        grant.class_ceiling.value,
        grant.use_case,
        microseconds(grant.expires),
    )
