"""Queries that cannot be answered, as refusals that the page can point with."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.query_terms import QueryRefused
from router.services.errors import Refused
from router.storage.finding import TooBroad


class QueryFault(Refused):
    """`at` and `length`: the characters of the query that are wrong."""


@contextmanager
def refusing_queries(field: str) -> Iterator[None]:
    """Raises QueryFault for what cannot be read; for what takes too long with `query_too_broad`."""
    try:
        yield
    except QueryRefused as error:
        raise QueryFault(
            str(error),
            code=f"query_{error.fault}",
            field=field,
            at=error.spot.at,
            length=error.spot.length,
        ) from error
    except TooBroad as error:
        raise QueryFault(
            "Too many messages would have to be read: say more of what you look for.",
            code="query_too_broad",
            field=field,
            at=0,
            length=0,
        ) from error
