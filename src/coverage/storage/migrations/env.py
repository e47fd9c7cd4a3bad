"""Alembic's way in: the connection comes from `migrations.upgrade`, never from a settings file. Without one, SQL is written."""

from alembic import context

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", transaction_per_migration=True)
else:
    context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
