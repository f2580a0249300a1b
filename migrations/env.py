"""How alembic reaches the database: on the connection that `router.storage.migrate` hands over."""

from alembic import context
from sqlalchemy import Connection

from router.storage.tables import metadata


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
