"""No asset is ever without an accountable owner, whoever writes.

PostgreSQL looks when a transaction ends. SQLite has no trigger that waits for that, so there the last thing
that a change of governance writes, its own row, is refused.
"""

from alembic import op

from gateway.control.schema import FOREVER

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_REFUSED = "an asset would be without an accountable owner"
_NAME = "custody_owned"


def upgrade() -> None:
    """Makes the triggers."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {_NAME} BEFORE INSERT ON control_change WHEN EXISTS ({_touched()})"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
        return
    for table, asset in (("asset", "id"), ("ownership_assertion", "asset")):
        name = f"{_NAME}_{table}"
        body = (
            f" BEGIN IF NOT EXISTS (SELECT 1 FROM asset AS owned WHERE owned.id = new.{asset}"  # noqa: S608 - names are ours
            f" AND {_unowned('greatest')}) THEN RETURN NULL; END IF;"
            f" RAISE EXCEPTION USING MESSAGE = '{_REFUSED}', ERRCODE = 'restrict_violation'; END "
        )
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        # Who comes to hold a facet leaves no hole; only what stops being believed does.
        moment, when = (
            ("INSERT", "") if table == "asset" else ("UPDATE", "WHEN (new.facet = 'accountable_owner') ")
        )
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {moment} ON {table}"
            f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {when}EXECUTE FUNCTION {name}()"
        )
        # As the guards of updates: also under session_replication_role = replica.
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _touched() -> str:
    """The assets of which a change, whose own row comes last, took an owner or that it registered."""
    return (
        "SELECT 1 FROM asset AS owned WHERE owned.id IN ("  # noqa: S608 - names are ours
        "SELECT asset FROM ownership_assertion"
        " WHERE recorded_to_us = new.at_us AND facet = 'accountable_owner'"
        " UNION SELECT id FROM asset WHERE revision = new.revision)"
        f" AND {_unowned('max')}"
    )


def _unowned(later: str) -> str:
    """Whether the believed owners of ``owned``, of which no two overlap, leave out some of its time."""
    held = f"said.valid_to_us - {later}(said.valid_from_us, owned.registered_us)"
    return (
        f"(SELECT coalesce(sum({held}), 0) FROM ownership_assertion AS said"  # noqa: S608 - names are ours
        " WHERE said.asset = owned.id AND said.facet = 'accountable_owner'"
        f" AND said.recorded_to_us = {FOREVER} AND said.valid_to_us > owned.registered_us)"
        f" < {FOREVER} - owned.registered_us"
    )
