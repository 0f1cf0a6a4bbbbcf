"""Alembic's entry: the connection comes from ``gateway.control.database``, never from a file."""

from alembic import context

from gateway.control.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
