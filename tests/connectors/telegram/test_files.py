"""Files are fetched at once, or it is said why not."""

import pytest

from connectors.telegram import sandbox_faults
from connectors.telegram.config import MIB
from core.messages import InboundAttachment, MessageReceived
from tests.connectors.telegram.running import Running

CONTENT = bytes(range(256)) * 8


async def fetched(running: Running, *, size: int | None = None) -> InboundAttachment:
    ann = running.server.person("Ann")
    await ann.sends_document(CONTENT, "a.bin", "application/octet-stream", size=size)
    async with running.receiving():
        event = await running.event(MessageReceived)
    [file] = event.attachments
    return file


async def test_bytes_come_with_the_message(running: Running) -> None:
    file = await fetched(running)
    assert (file.content, file.size, file.remote, file.refused) == (
        CONTENT,
        len(CONTENT),
        None,
        None,
    )


async def test_file_over_the_limit_is_not_asked_for(running: Running) -> None:
    file = await fetched(running, size=21 * MIB)
    assert file.content is None
    assert file.refused is not None
    assert "21.0 MiB" in file.refused
    assert not running.values("getFile")


@pytest.mark.parametrize("method", ["getFile", "file"])
async def test_file_that_fails_once_is_tried_again(running: Running, method: str) -> None:
    running.server.faults.add(sandbox_faults.refused("restart", 500), method=method)
    assert (await fetched(running)).content == CONTENT


async def test_file_that_cannot_be_had_leaves_its_message_with_the_reason(
    running: Running,
) -> None:
    running.server.faults.add(sandbox_faults.refused("gone", 500), method="file", times=None)
    file = await fetched(running)
    assert file.refused == ("The file could not be fetched. The file server says HTTP 500.")
    assert running.server.token not in file.refused


async def test_time_to_wait_is_kept_before_a_file_is_asked_for_again(running: Running) -> None:
    running.server.faults.add(sandbox_faults.wait(9), method="getFile")
    file = await fetched(running)
    first, second = running.server.calls("getFile")
    assert (second.at - first.at).total_seconds() >= 9
    assert file.content == CONTENT


async def test_half_a_file_is_none(running: Running) -> None:
    cut = sandbox_faults.Cut(when=sandbox_faults.When.AFTER, bytes_sent=100)
    running.server.faults.add(cut, method="file", times=None)
    file = await fetched(running)
    assert file.content is None
    assert file.refused is not None
    assert "did not give all of it" in file.refused


async def test_file_that_is_larger_than_was_said_is_cut_off(running: Running) -> None:
    running.connector = running.make(max_download_mib=1)
    ann = running.server.person("Ann")
    await ann.sends_document(b"x" * (MIB + 1), "a.bin", "application/octet-stream", size=5)
    async with running.receiving():
        event = await running.event(MessageReceived)
    [file] = event.attachments
    assert file.refused is not None
    assert "more than 1 MiB" in file.refused


async def test_file_server_of_its_own_is_asked(running: Running) -> None:
    running.connector = running.make(
        api_base_url=running.server.base_url, file_base_url=f"{running.server.base_url}/file"
    )
    assert (await fetched(running)).content == CONTENT
