"""What Alembic runs around the steps: inside the transaction that ``engine.migrate`` opened, and on its connection."""

from __future__ import annotations

from alembic import context

from gateway.store.tables import metadata

# Alembic executes this file instead of calling it, hence work at import time.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by replacing it
)
context.run_migrations()
