"""The schema as SQLAlchemy tables: what migrations are compared with. Queries live beside it."""

from router.storage.tables import (
    accounts,
    conversation,
    deliveries,
    desk,
    hosting,
    outbox,
    persons,
    visiting,
)
from router.storage.tables.base import metadata

__all__ = [
    "accounts",
    "conversation",
    "deliveries",
    "desk",
    "hosting",
    "metadata",
    "outbox",
    "persons",
    "visiting",
]
