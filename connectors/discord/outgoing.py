"""What leaves: one request for each message, edit or deletion."""

import asyncio
import io
from collections import OrderedDict
from datetime import timedelta
from typing import Any

import msgspec

from connectors.discord import convert
from connectors.discord.client import call
from connectors.discord.errors import FAILURES, from_failure
from connectors.discord.library import discord
from connectors.discord.markup import write_markdown
from connectors.discord.places import PERSON
from connectors.discord.replies import REPLY, Replies
from core.connector import ConnectorContext
from core.errors import ContentRejected, OutcomeUnknown, PermanentError
from core.file_names import clean_file_name
from core.ids import RemoteId, RemotePlace
from core.messages import (
    OutboundAttachment,
    OutboundMessage,
    OutboundNature,
    Place,
    RemotePart,
    Sent,
    ThreadKey,
)

MOST_FILES = 10
MEBIBYTE = 1024 * 1024
LARGEST_FILE = 10 * MEBIBYTE
MOST_TOTAL = 24 * MEBIBYTE
"""Of a request of 25 MiB, which holds the rest of the message too."""
LONGEST_DESCRIPTION = 1024
MOST_OPENED = 2000
NONCE_WINDOW = timedelta(minutes=2)
"""Discord tells repetitions apart for "the past few minutes"."""
UNKNOWN_MESSAGE = 10008
ARCHIVED = 50083


class Outgoing:
    """Raises ConnectorError for whatever goes wrong."""

    def __init__(self, client: discord.Client, context: ConnectorContext, replies: Replies) -> None:
        self._client = client
        self._context = context
        self._replies = replies
        self._direct: OrderedDict[str, str] = OrderedDict()
        """Person -> their direct chat."""
        self._opening = asyncio.Lock()

    async def send(self, message: OutboundMessage) -> Sent:
        text = write_markdown(message.text, message.spans)
        self._check(text, message)
        number = message.context.get(REPLY, "")
        if message.nature is OutboundNature.AUTO_REPLY and number and not message.attachments:
            address = await self._replies.find(number)
            if address is not None:
                said = await self._replies.fill(self._client, number, address, text)
                return Sent(remote_parts=(RemotePart(remote_id=RemoteId(said)),))
        channel_id = await self._channel_id(message.place)
        params = convert.to_params(message, text, channel_id)
        try:
            answer = await self._post(channel_id, params, message)
            number = str(int(answer["id"]))
        except FAILURES as error:
            raise from_failure(error, may_have_left=True) from error
        except (KeyError, TypeError, ValueError) as error:
            raise OutcomeUnknown("Discord's answer cannot be read.") from error
        return Sent(
            remote_parts=(RemotePart(remote_id=RemoteId(number)),),
            remote_place=RemotePlace(channel_id),
            thread_keys=(ThreadKey(convert.OWN_THREAD_KEY, f"{channel_id}/{number}"),),
            at=convert.moment_of(number),
        )

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        text = write_markdown(message.text, message.spans)
        self._check(text, message)
        channel_id = await self._channel_id(message.place)
        body = {"content": text, "allowed_mentions": {"parse": [], "replied_user": False}}
        try:
            await call(
                self._client,
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                parameters={"channel_id": channel_id, "message_id": remote_id},
                json=body,
            )
        except FAILURES as error:
            told = from_failure(error, is_change=True)
            if getattr(error, "code", 0) == ARCHIVED:
                told = PermanentError(
                    "The thread is archived: writing in it opens it again, changing does not."
                )
            raise told from error

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        channel_id = await self._channel_id(place)
        try:
            await self._client.http.delete_message(channel_id, remote_id)
        except FAILURES as error:
            if getattr(error, "code", 0) == UNKNOWN_MESSAGE:
                return
            raise from_failure(error, is_change=True) from error

    async def set_typing(self, place: Place) -> None:
        try:
            await self._client.http.send_typing(await self._channel_id(place))
        except FAILURES as error:
            raise from_failure(error) from error

    def _check(self, text: str, message: OutboundMessage) -> None:
        """Raises ContentRejected for what Discord is known to refuse."""
        if len(text) > convert.TEXT_LIMIT:
            raise ContentRejected(
                f"Discord takes {convert.TEXT_LIMIT} characters at a time; with its formatting "
                f"this message has {len(text)}."
            )
        if not text.strip() and not message.attachments:
            raise ContentRejected("Discord takes no empty messages.")
        files = message.attachments
        if len(files) > MOST_FILES:
            raise ContentRejected(f"Discord takes at most {MOST_FILES} files with one message.")
        if any(one.size > LARGEST_FILE for one in files):
            raise ContentRejected(f"Discord takes files of {LARGEST_FILE // MEBIBYTE} MiB at most.")
        if sum(one.size for one in files) > MOST_TOTAL:
            raise ContentRejected(f"Discord takes {MOST_TOTAL // MEBIBYTE} MiB of files together.")

    async def _channel_id(self, place: Place) -> str:
        """Of the place; a person's direct chat is opened if it has to be."""
        if not place.remote.startswith(PERSON):
            return place.remote
        person = place.remote.removeprefix(PERSON)
        async with self._opening:
            if person not in self._direct:
                await self._open(person)
            self._direct.move_to_end(person)
            return self._direct[person]

    async def _open(self, person: str) -> None:
        """Asks twice, it is the same chat: nothing is sent to anybody by it."""
        try:
            channel = await self._client.http.start_private_message(int(person))
            self._direct[person] = str(int(channel["id"]))
        except FAILURES as error:
            raise from_failure(error) from error
        except (KeyError, TypeError, ValueError) as error:
            raise PermanentError("Discord opens no direct chat with this person.") from error
        while len(self._direct) > MOST_OPENED:
            self._direct.popitem(last=False)

    async def _post(self, channel_id: str, params: dict[str, Any], message: OutboundMessage) -> Any:
        http = self._client.http
        if not message.attachments:
            plain = discord.http.MultipartParameters(payload=params, multipart=None, files=None)
            return await http.send_message(channel_id, params=plain)
        try:
            contents = [await self._content(one) for one in message.attachments]
        except (OSError, KeyError) as error:
            raise ContentRejected("A file of this message is not there any more.") from error
        names = [clean_file_name(one.name) for one in message.attachments]
        params["attachments"] = [
            {"id": position, "filename": name}
            | ({"description": one.description[:LONGEST_DESCRIPTION]} if one.description else {})
            for position, (name, one) in enumerate(zip(names, message.attachments, strict=True))
        ]
        fields: list[dict[str, Any]] = [
            {"name": "payload_json", "value": msgspec.json.encode(params).decode()}
        ]
        for position, (one, content) in enumerate(zip(message.attachments, contents, strict=True)):
            fields.append(
                {
                    "name": f"files[{position}]",
                    "value": content,
                    "filename": names[position],
                    "content_type": one.media_type,
                }
            )
        files = [
            discord.File(io.BytesIO(content), filename=name)
            for content, name in zip(contents, names, strict=True)
        ]
        whole = discord.http.MultipartParameters(payload=None, multipart=fields, files=files)
        return await http.send_message(channel_id, params=whole)

    async def _content(self, file: OutboundAttachment) -> bytes:
        async with self._context.open_blob(file.blob_key) as reader:
            return await reader.read()
