"""The schema as SQLAlchemy tables: what migrations are compared with. Queries live beside it."""

from router.storage.tables import (
    accounts,
    assigning,
    automating,
    casework,
    climbing,
    conversation,
    deadlines,
    deliveries,
    desk,
    hosting,
    joining,
    levels,
    linking,
    outbox,
    persons,
    searching,
    visiting,
)
from router.storage.tables.base import metadata

__all__ = [
    "accounts",
    "assigning",
    "automating",
    "casework",
    "climbing",
    "conversation",
    "deadlines",
    "deliveries",
    "desk",
    "hosting",
    "joining",
    "levels",
    "linking",
    "metadata",
    "outbox",
    "persons",
    "searching",
    "visiting",
]
