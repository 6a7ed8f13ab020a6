"""Runs the migrations on the connection that `backend.ledger.open_ledger` hands over."""

from alembic import context

from backend.ledger import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
