"""Bytes from a server mean the same however they are cut, and none of them is an exception."""

import asyncio
import logging
from collections.abc import Iterator, Sequence

import pytest
from aioimaplib import aioimaplib
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.imap import answers
from connectors.email.imap.answers import Literal
from connectors.email.imap.protocol import ImapProtocol

PIECES = st.sampled_from(
    [
        b"* 1 FETCH (UID 3 BODY[] {5}\r\n",
        b"hello",
        b")\r\n",
        b"* SEARCH 1 2\r\n",
        b"* BYE now\r\n",
        b"+ go\r\n",
        b"{3+}\r\n",
        b"~{4}\r\n",
        b"\r\n",
        b"\n",
        b"* OK [UIDVALIDITY 4] x {2}\r\n",
        b"ABCD0 OK\r\n",
        b"abcd0 no\r\n",
        b'* LIST () "/" {2}\r\n',
        b"\xff\x00",
    ]
)
STREAM = st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=25).map(b"".join)


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_aborted = False

    def write(self, piece: object) -> None:
        assert isinstance(piece, bytes)
        self.written.append(piece)

    def abort(self) -> None:
        self.is_aborted = True


def pieces(stream: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    start = 0
    for cut in sorted({cut % (len(stream) + 1) for cut in cuts}):
        yield stream[start:cut]
        start = cut
    yield stream[start:]


async def heard(parts: Iterator[bytes]) -> tuple[list[tuple[bool, bytes]], str, list[bytes]]:
    """The lines of the command that was under way, its result, and what we said meanwhile."""
    loop = asyncio.get_running_loop()
    protocol, transport = ImapProtocol(loop), Transport()
    protocol.connection_made(transport)
    protocol.data_received(b"* OK ready\r\n")
    protocol.state = aioimaplib.SELECTED
    command = aioimaplib.Command("FETCH", "ABCD0", "1", "(UID)", prefix="UID", loop=loop)
    asking = asyncio.ensure_future(protocol.execute(command))
    await asyncio.sleep(0)
    for part in parts:
        protocol.data_received(part)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    lines = [(isinstance(line, Literal), bytes(line)) for line in command.response.lines]
    ended = "lost" if protocol.lost.done() else command.response.result
    return lines, ended, transport.written


@given(STREAM, st.lists(st.integers(min_value=0, max_value=2000), max_size=12))
async def test_bytes_mean_the_same_however_they_are_cut(stream: bytes, cuts: list[int]) -> None:
    whole = await heard(iter([stream]))
    assert await heard(pieces(stream, cuts)) == whole


@given(STREAM)
async def test_whatever_was_heard_can_be_read(stream: bytes) -> None:
    lines, _, _ = await heard(iter([stream]))
    found = [Literal(line) if is_literal else line for is_literal, line in lines]
    answers.fetched(found)
    answers.listed(found)
    answers.searched(found)


async def test_content_that_looks_like_the_end_does_not_end_the_answer() -> None:
    stream = b"* 1 FETCH (UID 3 BODY[] {12}\r\nABCD0 OK x\r\n)\r\nABCD0 OK done\r\n"
    lines, ended, _ = await heard(iter([stream]))
    assert lines[1] == (True, b"ABCD0 OK x\r\n")
    assert ended == "OK"


async def test_no_password_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    loop = asyncio.get_running_loop()
    protocol, transport = ImapProtocol(loop), Transport()
    protocol.connection_made(transport)
    protocol.send('A1 LOGIN "me" "secret-word"')
    assert transport.written == [b'A1 LOGIN "me" "secret-word"\r\n']
    protocol.data_received(b"* OK secret-word\r\n")
    assert "secret-word" not in caplog.text
