"""A file's message is handed over at once; its bytes are had when they are asked for, or not."""

import pytest

from connectors.telegram import sandbox_faults
from connectors.telegram.config import MIB
from core.errors import ContentRejected, RateLimited, TransientError
from core.messages import InboundAttachment, MessageReceived
from tests.connectors.telegram.running import Running

CONTENT = bytes(range(256)) * 8


async def told(
    running: Running, *, content: bytes = CONTENT, size: int | None = None
) -> InboundAttachment:
    ann = running.server.person("Ann")
    await ann.sends_document(content, "a.bin", "application/octet-stream", size=size)
    async with running.receiving():
        event = await running.event(MessageReceived)
    [file] = event.attachments
    return file


async def test_message_with_a_file_waits_for_no_download(running: Running) -> None:
    running.server.faults.add(sandbox_faults.refused("restart", 500), method="getFile", times=None)
    file = await told(running)
    assert (file.content, file.refused, file.size) == (None, None, len(CONTENT))
    assert file.remote is not None
    assert not running.values("getFile")


async def test_bytes_are_had_by_the_reference(running: Running) -> None:
    assert await running.connector.fetch_attachment(await told(running)) == CONTENT


async def test_file_over_the_limit_is_refused_with_its_size(running: Running) -> None:
    file = await told(running, size=21 * MIB)
    assert file.remote is None
    assert file.refused is not None
    assert "21.0 MiB" in file.refused


@pytest.mark.parametrize("method", ["getFile", "file"])
async def test_file_that_fails_once_may_be_asked_for_again(running: Running, method: str) -> None:
    file = await told(running)
    running.server.faults.add(sandbox_faults.refused("restart", 500), method=method)
    with pytest.raises(TransientError) as raised:
        await running.connector.fetch_attachment(file)
    assert running.server.token not in f"{raised.value} {raised.value.detail}"
    assert await running.connector.fetch_attachment(file) == CONTENT


async def test_time_to_wait_is_told_to_who_asks_for_a_file(running: Running) -> None:
    file = await told(running)
    running.server.faults.add(sandbox_faults.wait(9), method="getFile")
    with pytest.raises(RateLimited) as raised:
        await running.connector.fetch_attachment(file)
    assert raised.value.retry_after.total_seconds() == 9


async def test_half_a_file_is_none(running: Running) -> None:
    file = await told(running)
    cut = sandbox_faults.Cut(when=sandbox_faults.When.AFTER, bytes_sent=100)
    running.server.faults.add(cut, method="file")
    with pytest.raises(TransientError, match="did not give all of it"):
        await running.connector.fetch_attachment(file)


async def test_file_that_is_larger_than_was_said_is_refused_for_good(running: Running) -> None:
    running.connector = running.make(max_download_mib=1)
    file = await told(running, content=b"x" * (MIB + 1), size=5)
    with pytest.raises(ContentRejected, match="more than 1 MiB"):
        await running.connector.fetch_attachment(file)


async def test_file_server_of_its_own_is_asked(running: Running) -> None:
    running.connector = running.make(
        api_base_url=running.server.base_url, file_base_url=f"{running.server.base_url}/file"
    )
    assert await running.connector.fetch_attachment(await told(running)) == CONTENT
