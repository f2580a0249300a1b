"""One POST to a receiver that nobody trusts: bounded in time and bytes, and never inside."""

import asyncio
import time
from collections.abc import Mapping

import aiohttp

from router.runtime.egress import AddressRefused
from router.services.webhooks_out.sending import Outcome

ANSWER_SECONDS = 10.0
"""Until the status has come, connecting included."""
BODY_SECONDS = 1.0
MOST_ANSWER_BYTES = 2_000
AGENT = "onethread-webhooks/1"


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = ANSWER_SECONDS,
) -> Outcome:
    """What came of it. No redirect is followed, no cookie kept; of the answer its first bytes are
    read for as long as that takes no time. Raises nothing but cancellation.
    """
    began = time.perf_counter()
    status: int | None = None
    answer = b""
    fault = ""
    retry_after: str | None = None
    try:
        async with asyncio.timeout(seconds):
            response = await session.post(
                url,
                data=body,
                headers={"content-type": "application/json", "user-agent": AGENT, **headers},
                allow_redirects=False,
            )
        status, retry_after = response.status, response.headers.get("Retry-After")
        try:
            answer = await _first_bytes(response)
        finally:
            # What is left of the answer is nobody's business: the connection ends with it.
            response.close()
    except TimeoutError:
        fault = "timeout"
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError):
        fault = "tls"
    except aiohttp.ClientConnectorError as error:
        fault = "inside" if isinstance(error.os_error, AddressRefused) else "connection"
    except (aiohttp.ClientConnectionError, OSError):
        fault = "connection"
    except (aiohttp.ClientError, ValueError):
        fault = "bad_answer"
    return Outcome(
        status=status,
        fault="" if status is not None else fault,
        answer=answer.decode("utf-8", "replace"),
        milliseconds=round((time.perf_counter() - began) * 1000),
        retry_after=retry_after,
    )


async def _first_bytes(response: aiohttp.ClientResponse) -> bytes:
    """Whatever a slow, broken or endless answer lets us have in time."""
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while len(read) < MOST_ANSWER_BYTES:
                piece = await response.content.read(MOST_ANSWER_BYTES - len(read))
                if not piece:
                    break
                read += piece
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass
    return bytes(read)
