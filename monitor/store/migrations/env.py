"""Alembic's environment: runs in the connection that ``upgrade`` hands in."""

from alembic import context

from monitor.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
