"""Blobs: by the digest of their bytes, whole or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.ids import digest
from router.blobs import BlobMissing, BlobTooLarge
from router.blobs.disk import DiskBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


async def _chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_bytes_come_back_by_their_digest(blobs: DiskBlobs) -> None:
    key = await blobs.put(b"hello")

    assert key == digest(b"hello")
    assert await blobs.size(key) == 5
    async with blobs.open(key) as file:
        assert await file.read(2) + await file.read() == b"hello"


async def test_stream_and_bytes_of_one_content_are_one_blob(blobs: DiskBlobs) -> None:
    assert await blobs.put_stream(_chunks(b"he", b"llo"), max_size=5) == (
        await blobs.put(b"hello"),
        5,
    )


async def test_too_large_a_stream_leaves_nothing_behind(blobs: DiskBlobs, tmp_path: Path) -> None:
    with pytest.raises(BlobTooLarge):
        await blobs.put_stream(_chunks(b"123", b"456"), max_size=5)

    assert _files(tmp_path) == []


async def test_dropped_and_impossible_keys_are_missing(blobs: DiskBlobs) -> None:
    key = await blobs.put(b"x")
    await blobs.drop(key)
    await blobs.drop(key)

    for missing in (key, "../../etc/passwd"):
        with pytest.raises(BlobMissing):
            async with blobs.open(missing):
                pass
