"""Transport compression of the sandbox's gateway: one stream over all frames of a connection."""

import importlib
import zlib
from typing import Protocol, cast


class Compressor(Protocol):
    def compress(self, text: bytes) -> bytes: ...


class _Zlib:
    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def compress(self, text: bytes) -> bytes:
        return self._stream.compress(text) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class _Zstandard(Protocol):
    FLUSH_BLOCK: int

    def compress(self, text: bytes, mode: int, /) -> bytes: ...


class _Zstd:
    def __init__(self, stream: _Zstandard) -> None:
        self._stream = stream

    def compress(self, text: bytes) -> bytes:
        return self._stream.compress(text, self._stream.FLUSH_BLOCK)


def compressor_named(name: str) -> Compressor | None:
    """None: the name is unknown, or this Python has no such compression."""
    if name == "zlib-stream":
        return _Zlib()
    if name == "zstd-stream":
        try:
            module = importlib.import_module("compression.zstd")  # of Python 3.14
        except ImportError:
            return None
        return _Zstd(cast(_Zstandard, module.ZstdCompressor()))
    return None
