"""The sandbox's Discord itself: its records, their numbers, and who is told of a change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connectors.discord.sandbox_records import (
    THREADS,
    Channel,
    Guild,
    Message,
    Profile,
    Record,
)
from core.clock import Clock

EPOCH_MS = 1420070400000
"""The first second of 2015, from which snowflakes count milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One dispatch for whoever may see it."""

    name: str
    body: dict[str, Any]
    guild_id: int | None = None
    channel: Channel | None = None
    """Where it happened; only who sees this channel is told."""
    message: Message | None = None
    """Set when `body` shows its content."""
    intent: int | None = None
    """Of those who are told, where the name alone doesn't say it."""


class World:
    """Everything that is said and known. With a folder, it is found again at the next start."""

    def __init__(self, clock: Clock, folder: Path | None = None) -> None:
        self.clock = clock
        self.profiles: dict[int, Profile] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, dict[int, Message]] = {}
        """By channel, then by number, oldest first."""
        self.listeners: list[Callable[[Announcement], None]] = []
        self._dms: dict[int, Channel] = {}
        self._last_id = 0
        self._journal = _Journal(folder / "journal.jsonl") if folder is not None else None
        if self._journal is not None:
            for kind, record in self._journal.read():
                self._index(record) if kind == "keep" else self._drop(record)

    def new_id(self) -> int:
        """Higher than all before, and of this moment."""
        now = (self.clock.now() - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
        self._last_id = max(self._last_id + 1, (now - EPOCH_MS) << 22)
        return self._last_id

    def keep(self, record: Record) -> None:
        """It is there as it is now, after a restart too."""
        self._index(record)
        if self._journal is not None:
            self._journal.write("keep", record)

    def forget(self, record: Record) -> None:
        self._drop(record)
        if self._journal is not None:
            self._journal.write("forget", record)

    def announce(self, announcement: Announcement) -> None:
        for listener in self.listeners:
            listener(announcement)

    def messages_in(self, channel: Channel) -> dict[int, Message]:
        return self.messages.setdefault(channel.id, {})

    def message(self, channel: Channel, number: int) -> Message | None:
        return self.messages.get(channel.id, {}).get(number)

    def dm_with(self, person_id: int) -> Channel | None:
        return self._dms.get(person_id)

    def channels_of(self, guild_id: int) -> list[Channel]:
        """Without threads."""
        return [one for one in self._of(guild_id) if one.kind not in THREADS]

    def threads_of(self, guild_id: int) -> list[Channel]:
        return [one for one in self._of(guild_id) if one.kind in THREADS]

    def parent_of(self, channel: Channel) -> Channel:
        """The channel whose permissions count: of a thread, the one that it is in."""
        if channel.kind in THREADS and channel.parent_id is not None:
            return self.channels[channel.parent_id]
        return channel

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def _of(self, guild_id: int) -> list[Channel]:
        return [one for one in self.channels.values() if one.guild_id == guild_id]

    def _index(self, record: Record) -> None:
        match record:
            case Profile():
                self.profiles[record.id] = record
            case Guild():
                self.guilds[record.id] = record
                self._last_id = max([self._last_id, *(role.id for role in record.roles)])
            case Channel():
                self.channels[record.id] = record
                if record.recipient_id is not None:
                    self._dms[record.recipient_id] = record
                self._last_id = max([self._last_id, *(tag.id for tag in record.tags)])
            case Message():
                self.messages.setdefault(record.channel_id, {})[record.id] = record
                self._last_id = max([self._last_id, *(one.id for one in record.uploads)])
        self._last_id = max(self._last_id, record.id)

    def _drop(self, record: Record) -> None:
        match record:
            case Profile():
                self.profiles.pop(record.id, None)
            case Guild():
                self.guilds.pop(record.id, None)
            case Channel():
                self.channels.pop(record.id, None)
                self.messages.pop(record.id, None)
            case Message():
                self.messages.get(record.channel_id, {}).pop(record.id, None)


_KINDS: dict[str, type[Record]] = {
    "profile": Profile,
    "guild": Guild,
    "channel": Channel,
    "message": Message,
}


class _Journal:
    """One line for each change, read back in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._file = path.open("ab")

    def read(self) -> list[tuple[str, Record]]:
        """A last line that a kill cut off is gone, so that the next one begins anew."""
        kept, end, torn = self._path.read_bytes().rpartition(b"\n")
        if torn:
            self._file.truncate(len(kept) + len(end))
        found: list[tuple[str, Record]] = []
        for line in kept.splitlines():
            verb, kind, record = msgspec.json.decode(line, type=tuple[str, str, msgspec.Raw])
            found.append((verb, msgspec.json.decode(record, type=_KINDS[kind])))
        return found

    def write(self, verb: str, record: Record) -> None:
        kind = type(record).__name__.lower()
        self._file.write(msgspec.json.encode((verb, kind, record)) + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()
