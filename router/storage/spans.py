"""The column of a text's formatting: NULL for a plain one, so that it costs nothing."""

from collections.abc import Sequence

import msgspec

from core.rich_text import Span

_decoder = msgspec.json.Decoder(tuple[Span, ...])


def to_column(spans: Sequence[Span]) -> str | None:
    return msgspec.json.encode(spans).decode() if spans else None


def from_column(column: str | None) -> tuple[Span, ...]:
    """From what `spans::text` gives."""
    return () if column is None else _decoder.decode(column)
