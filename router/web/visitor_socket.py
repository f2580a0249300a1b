"""A visitor's live stream: a WebSocket, or server-sent events where sockets cannot pass.

The token travels in the subprotocol (`onethread.<token>`) or in `Authorization`, never in an
address. Frames of one page are carried out one after the other, so its messages keep their order.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from core.ids import hash_token
from router.services import visitor_messages, visitor_stream, visitors
from router.services.errors import ServiceError
from router.services.visitors import LocalAccount
from router.storage.engine import DatabaseUnavailable
from router.storage.visitors import SessionRow
from router.web import visitor_door as door
from router.web import visitor_frames as frames
from router.web.context import Call
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.visitor import VISITOR, Position, aware
from router.web.visitor_hub import Listener

routes = Routes(prefix=door.PREFIX, tag="visitor")

PROTOCOL = "onethread"
HEARTBEAT_SECONDS = 25.0
LOOK_SECONDS = 10.0
"""How soon a paused account or an expired session ends its streams."""
HELLO_SECONDS = 15.0
SEND_SECONDS = 15.0
"""Who takes nothing for so long is cut off."""
MAX_FRAME = 256 * 1024


@dataclass(slots=True)
class _Stream:
    """One open stream and whose it is."""

    call: Call
    hook: str
    account: LocalAccount
    row: SessionRow
    listener: Listener
    token: str

    async def is_alive(self) -> bool:
        """Whether the account still takes visitors, and the session has not run out.

        One that was renewed meanwhile goes on without a break.
        """
        account = door.local_account(self.call.context, self.hook)
        if account is not None and self.row.expires_at <= self.call.context.clock.now():
            database = self.call.context.database
            renewed = await visitors.find_session(database, account.account_id, self.token)
            if renewed is not None:
                self.row = renewed
                return True
        if account is None or self.row.expires_at <= self.call.context.clock.now():
            self.listener.cut(is_over=account is not None)
            return False
        return True


@routes.get("/socket", policy=VISITOR, errors=(401, 403, 429))
async def visitor_socket(call: Call, hook: str) -> web.WebSocketResponse:
    """The visitor's live stream, both ways. Say `hello` first."""
    account = await door.enter(call, hook)
    token = _offered_token(call.request)
    row = await door.session_of(call, account, token)
    socket = web.WebSocketResponse(
        protocols=(PROTOCOL,), heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_FRAME, compress=False
    )
    await socket.prepare(call.request)
    after = await _hello(socket)
    if socket.closed:
        return socket
    # The answer has begun: what goes wrong from here on is a reason to come again.
    gone = contextlib.suppress(DatabaseUnavailable, TimeoutError, ConnectionError)
    with _listening(call, row, token) as listener, gone:
        listener.hold(call.request.transport)
        stream = await visitor_stream.catch_up(call.context.database, row, after=after)
        await _send(socket, frames.encoder.encode(frames.Replay(stream=stream)))
        one = _Stream(call, hook, account, row, listener, token or "")
        await _until_first(_read(one, socket), _write(socket, listener), _look(one))
    if listener.is_slow:
        return socket
    await socket.close(code=_close_code(listener))
    return socket


@routes.get("/stream", policy=VISITOR, gives=("text/event-stream",), errors=(401, 403, 429))
async def visitor_events(
    call: Call, hook: str, after: Position | None = None
) -> web.StreamResponse:
    """What the socket would send, as server-sent events; what it takes is posted."""
    account = await door.enter(call, hook)
    token = door.bearer_token(call.request)
    row = await door.session_of(call, account, token)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    with _listening(call, row, token) as listener:
        listener.hold(call.request.transport)
        stream = await visitor_stream.catch_up(call.context.database, row, after=after)
        await response.prepare(call.request)
        await response.write(_event(frames.encoder.encode(frames.Replay(stream=stream))))
        one = _Stream(call, hook, account, row, listener, token or "")
        await _until_first(_write_events(response, listener), _look(one))
        with contextlib.suppress(ConnectionError):
            await response.write(b"event: over\ndata: %d\n\n" % _close_code(listener))
    return response


@contextlib.contextmanager
def _listening(call: Call, row: SessionRow, token: str | None) -> Iterator[Listener]:
    hub = call.request.app[door.HUB]
    listener = hub.join(row, hash_token(token or ""))
    try:
        yield listener
    finally:
        hub.leave(listener)


def _offered_token(request: web.Request) -> str | None:
    """From the subprotocols, where a browser can put it, or from `Authorization`."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "")
    for one in offered.split(","):
        if one.strip().startswith(PROTOCOL + "."):
            return one.strip().removeprefix(PROTOCOL + ".")
    return door.bearer_token(request)


async def _hello(socket: web.WebSocketResponse) -> int | None:
    """The position to go on from. Anything but a hello closes the socket."""
    try:
        message = await socket.receive(timeout=HELLO_SECONDS)
    except TimeoutError:
        await socket.close(code=1008)
        return None
    if message.type is WSMsgType.TEXT:
        with contextlib.suppress(msgspec.MsgspecError):
            asked = frames.decoder.decode(message.data)
            if isinstance(asked, frames.Hello):
                return asked.after
    if not socket.closed:
        await socket.close(code=1008, message=b"say hello first")
    return None


async def _read(one: _Stream, socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            reply = await _carry_out(one, message)
            if reply is not None:
                one.listener.push(frames.encoder.encode(reply))


async def _carry_out(one: _Stream, message: WSMessage) -> frames.Ack | frames.Refusal | None:
    try:
        asked = frames.decoder.decode(message.data)
    except (msgspec.MsgspecError, RecursionError) as error:
        return frames.Refusal(status=400, code="invalid", detail=str(error))
    client_id = asked.client_id if isinstance(asked, frames.Say) else None
    try:
        return await _answer(one, asked)
    except ApiError as error:
        wait = error.headers.get("Retry-After")
        return frames.Refusal(
            status=error.status,
            code=error.code,
            detail=str(error),
            field=error.field,
            client_id=client_id,
            retry_after=None if wait is None else int(wait),
        )
    except ServiceError as error:
        return frames.Refusal(
            status=400, code=error.code, detail=str(error), field=error.field, client_id=client_id
        )
    except DatabaseUnavailable:
        return frames.Refusal(
            status=503,
            code="unavailable",
            detail="Not now; try again.",
            client_id=client_id,
            retry_after=2,
        )


async def _answer(one: _Stream, asked: frames.Asked) -> frames.Ack | None:
    database, account, row = one.call.context.database, one.account, one.row
    match asked:
        case frames.Say():
            door.hold_message(one.call, account, row)
            seq = await visitor_messages.post(
                database,
                account,
                row,
                client_id=asked.client_id,
                text=asked.text,
                attachment_ids=asked.attachment_ids,
                sent_at=aware(asked.sent_at),
            )
            return frames.Ack(client_id=asked.client_id, seq=seq)
        case frames.Delivered():
            door.hold_signal(one.call, account, row)
            await visitor_messages.report_seen(database, account, row, "delivered", ids=asked.seqs)
        case frames.Read():
            door.hold_signal(one.call, account, row)
            await visitor_messages.report_seen(database, account, row, "read", until=asked.until)
        case frames.WritesNow():
            door.hold_signal(one.call, account, row)
            await visitor_messages.report_typing(account, row, is_typing=asked.is_typing)
        case frames.Hello():
            raise ApiError(400, "invalid", "Say hello once.")
    return None


async def _write(socket: web.WebSocketResponse, listener: Listener) -> None:
    while (frame := await listener.next()) is not None:
        try:
            await _send(socket, frame)
        except (TimeoutError, ConnectionError):
            return


async def _send(socket: web.WebSocketResponse, frame: bytes) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await socket.send_frame(frame, WSMsgType.TEXT)


async def _write_events(response: web.StreamResponse, listener: Listener) -> None:
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                frame = await listener.next()
            if frame is None:
                return
            text = _event(frame)
        except TimeoutError:
            text = b": still here\n\n"
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await response.write(text)
        except (TimeoutError, ConnectionError):
            return


def _event(frame: bytes) -> bytes:
    return b"data: " + frame + b"\n\n"  # JSON has no raw line breaks


async def _look(one: _Stream) -> None:
    while True:
        if not await one.is_alive():
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _until_first(*ways: Coroutine[None, None, None]) -> None:
    """Until one of them ends; the others are cancelled."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _close_code(listener: Listener) -> int:
    return frames.SESSION_OVER if listener.is_over else frames.COME_AGAIN
