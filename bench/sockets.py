"""Many listening sockets at little cost: frames are counted, and looked into only when asked."""

import asyncio
import base64
import os
import time
from collections.abc import Callable, Mapping

Heard = Callable[[bytes, float], None]
"""Called with each frame's body and the time of its arrival (perf_counter)."""


class Listener(asyncio.Protocol):
    """One WebSocket client, as far as RFC 6455 is needed for unmasked server frames."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._buffer = bytearray()
        self._has_begun = False
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, chunk: bytes) -> None:
        now = time.perf_counter()
        self._buffer += chunk
        if not self._has_begun and not self._take_head():
            return
        while (body := self._next_frame()) is not None:
            self._heard(body, now)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(ConnectionError("closed before it began"))

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        self._has_begun = True
        if b" 101 " in head.split(b"\r\n")[0]:
            self.open.set_result(None)
        else:
            self.open.set_exception(ConnectionError(head.decode()))
        return True

    def _next_frame(self) -> bytes | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            length, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + length:
            return None
        is_text = buffer[0] & 0x0F == 1
        body = bytes(buffer[start : start + length])
        del buffer[: start + length]
        return body if is_text else self._next_frame()


async def listen(
    port: int, path: str, headers: Mapping[str, str], count: int, heard: Heard
) -> list[asyncio.Transport]:
    """`count` open sockets. Close them when done."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    hello = "\r\n".join(lines).encode() + b"\r\n\r\n"
    loop = asyncio.get_running_loop()
    transports: list[asyncio.Transport] = []
    for _ in range(count):
        transport, protocol = await loop.create_connection(
            lambda: Listener(heard), "127.0.0.1", port
        )
        transport.write(hello)
        await protocol.open
        transports.append(transport)
    return transports


def is_other_kind(body: bytes) -> bool:
    """Whether it announces something else than a new message: rows with its snippet come too."""
    head = body[:120]
    return b'"kind"' in head and b'"message.created"' not in head
