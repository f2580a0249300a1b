"""Blobs in a folder: two levels of sub-folders by the first hex digits of the key."""

import asyncio
import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from core.connector import BlobReader
from core.ids import digest
from router.blobs import BlobMissing, BlobTooLarge

_KEY = re.compile(r"[0-9a-f]{64}")


class DiskBlobs:
    """File I/O runs in threads. A file appears under its key only when it is whole and fsynced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    async def put(self, content: bytes) -> str:
        key = digest(content)
        await asyncio.to_thread(self._write, key, content)
        return key

    async def put_stream(self, chunks: AsyncIterator[bytes], *, max_size: int) -> tuple[str, int]:
        temporary = self._incoming / secrets.token_hex(16)
        hashed, size = hashlib.sha256(), 0
        file = await asyncio.to_thread(temporary.open, "wb")
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > max_size:
                    raise BlobTooLarge(f"more than {max_size} bytes")
                hashed.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            key = hashed.hexdigest()
            await asyncio.to_thread(self._finish, file, temporary, self._path(key))
        except BaseException:
            file.close()
            temporary.unlink(missing_ok=True)
            raise
        return key, size

    @asynccontextmanager
    async def open(self, key: str, *, start: int = 0) -> AsyncIterator[BlobReader]:
        try:
            file = await asyncio.to_thread(self._path(key).open, "rb")
        except FileNotFoundError as error:
            raise BlobMissing(key) from error
        try:
            file.seek(start)
            yield _Reader(file)
        finally:
            file.close()  # here: whoever read may be cancelled, and a thread would not be reached

    async def size(self, key: str) -> int:
        try:
            found = await asyncio.to_thread(self._path(key).stat)
        except FileNotFoundError as error:
            raise BlobMissing(key) from error
        return found.st_size

    async def drop(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def idle_keys(self, shelf: int, *, idle: timedelta) -> list[str]:
        return await asyncio.to_thread(self._idle_keys, self._folder / f"{shelf:02x}", idle)

    async def drop_idle(self, key: str, *, idle: timedelta) -> bool:
        return await asyncio.to_thread(self._drop_idle, self._path(key), idle)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise BlobMissing(key)
        return self._folder / key[:2] / key[2:4] / key

    def _write(self, key: str, content: bytes) -> None:
        target = self._path(key)
        if _freshen(target):
            return
        temporary = self._incoming / secrets.token_hex(16)
        with temporary.open("wb") as file:
            file.write(content)
            self._finish(file, temporary, target)

    def _idle_keys(self, folder: Path, idle: timedelta) -> list[str]:
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.glob("*/*") if _is_idle(path, idle))

    def _drop_idle(self, path: Path, idle: timedelta) -> bool:
        try:
            if not _is_idle(path, idle):
                return False
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _finish(self, file: BinaryIO, temporary: Path, target: Path) -> None:
        file.flush()
        os.fsync(file.fileno())
        file.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(target)
        # The name is on the disk only once its folder is.
        for folder in (target.parent, target.parent.parent, self._folder):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _freshen(path: Path) -> bool:
    """Whether it is there; from now on it counts as just put, so nobody sweeps it."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _is_idle(path: Path, idle: timedelta) -> bool:
    return time.time() - path.stat().st_mtime > idle.total_seconds()


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def read(self, size: int = -1) -> bytes:
        return await asyncio.to_thread(self._file.read, size)
