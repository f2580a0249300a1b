"""Files by the SHA-256 of their bytes: written before the row that names them, never changed."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from core.connector import BlobReader


class BlobMissing(Exception):
    """No file under that key: lost, or dropped by retention."""


class Blobs(Protocol):
    async def put(self, content: bytes) -> str:
        """The key (64 hex digits). Returns once the bytes would survive a power cut."""
        ...

    async def put_stream(self, chunks: AsyncIterator[bytes], *, max_size: int) -> tuple[str, int]:
        """(key, size). Raises BlobTooLarge past `max_size` bytes, with nothing kept."""
        ...

    def open(self, key: str, *, start: int = 0) -> AbstractAsyncContextManager[BlobReader]:
        """From the byte at `start` on. Raises BlobMissing."""
        ...

    async def size(self, key: str) -> int:
        """Bytes. Raises BlobMissing."""
        ...

    async def drop(self, key: str) -> None:
        """Idempotent."""
        ...

    async def idle_keys(self, shelf: int, *, idle: timedelta) -> list[str]:
        """The keys on one of the 256 shelves that nobody has put for so long."""
        ...

    async def drop_idle(self, key: str, *, idle: timedelta) -> bool:
        """Drop it unless somebody has put it meanwhile; whether it was dropped."""
        ...


class BlobTooLarge(Exception):
    """The stream went past the limit."""
