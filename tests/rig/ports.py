"""Free ports and the wait for whoever is to answer on them."""

from __future__ import annotations

import socket
import time

START_LIMIT_S = 60.0


def free_ports(number: int) -> list[int]:
    """Ports on 127.0.0.1 that were free a moment ago. Held together, so that they differ."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_until_open(port: int) -> None:
    """Return once a connection to the port succeeds; TimeoutError after START_LIMIT_S."""
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answers on port {port}") from None
            time.sleep(0.02)
        else:
            return
