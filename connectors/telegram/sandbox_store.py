"""What the sandbox's network keeps in a folder, so that a restart brings all of it back."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import msgspec

from connectors.telegram.sandbox_chats import Account, Business, Chat, Post
from connectors.telegram.sandbox_files import StoredFile
from connectors.telegram.sandbox_network import Bot, Network
from connectors.telegram.sandbox_updates import Update
from connectors.telegram.sandbox_webhooks import Target, Webhook


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """A bot's updates, but for those that wait."""

    next_id: int
    allowed: list[str]
    last_birth: datetime | None


class Store:
    """A journal: one line for each change, the last of a key counts; files lie beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "network.jsonl"
        (folder / "files").mkdir(parents=True, exist_ok=True)
        self._values = self._read()
        self._rewrite()
        self._journal: TextIO = self._path.open("a", encoding="utf-8")

    def text(self, key: str, default: str = "") -> str:
        """A setting of the sandbox itself."""
        raw = self._values.get(key)
        return msgspec.json.decode(raw, type=str) if raw is not None else default

    def keep(self, key: str, value: Any) -> None:
        """None: it is gone. On the disk when it returns, if the machine stays up."""
        if isinstance(value, Chat):
            value = msgspec.structs.replace(value, posts={})
        line = msgspec.json.encode([key, value]).decode()
        self._journal.write(line + "\n")
        self._journal.flush()

    def close(self) -> None:
        self._journal.close()

    def attach(self, network: Network, bot: Bot, webhook: Webhook) -> None:
        """Bring back what was kept, and keep what happens from now on."""
        self._load(network, bot, webhook)
        network.keep = self.keep
        network.files.keep = self._keep_file
        bot.queue.forgotten = lambda number: self.keep(f"update/{number}", None)

        def keep_update(update: Update) -> None:
            self.keep(f"update/{update.update_id}", update)
            self._keep_queue(bot)

        bot.queue.kept = keep_update
        bot.queue.reallowed = lambda: self._keep_queue(bot)
        webhook.kept = lambda target: self.keep("webhook", target)

    def _keep_queue(self, bot: Bot) -> None:
        queue = bot.queue
        state = QueueState(
            next_id=queue.next_id, allowed=sorted(queue.allowed), last_birth=queue.last_birth
        )
        self.keep("queue", state)

    def _keep_file(self, file: StoredFile, content: bytes) -> None:
        (self._folder / "files" / file.unique_id).write_bytes(content)
        self.keep(f"file/{file.unique_id}", file)

    def _load(self, network: Network, bot: Bot, webhook: Webhook) -> None:
        for key, raw in self._values.items():
            kind, _, rest = key.partition("/")
            match kind:
                case "account":
                    account = msgspec.json.decode(raw, type=Account)
                    network.accounts[account.id] = account
                case "chat":
                    network.chats[rest] = msgspec.json.decode(raw, type=Chat)
                case "post":
                    post = msgspec.json.decode(raw, type=Post)
                    network.chats[rest.rpartition("/")[0]].posts[post.message_id] = post
                case "business":
                    network.businesses[rest] = msgspec.json.decode(raw, type=Business)
                case "file":
                    network.files.stored[rest] = msgspec.json.decode(raw, type=StoredFile)
                    network.files.contents[rest] = (self._folder / "files" / rest).read_bytes()
                case "update":
                    update = msgspec.json.decode(raw, type=Update)
                    bot.queue.pending[update.update_id] = update
                case "queue":
                    state = msgspec.json.decode(raw, type=QueueState)
                    bot.queue.next_id = state.next_id
                    bot.queue.last_birth = state.last_birth
                    bot.queue.allow(state.allowed)
                case "webhook":
                    webhook.target = msgspec.json.decode(raw, type=Target)

    def _read(self) -> dict[str, msgspec.Raw]:
        """The last value of each key, in the order in which the keys first came."""
        values: dict[str, msgspec.Raw] = {}
        if not self._path.exists():
            return values
        for line in self._path.read_bytes().splitlines():
            try:
                key, raw = msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
            except msgspec.DecodeError:
                # The last line, if the process was killed while it wrote it.
                continue
            if bytes(raw) == b"null":
                values.pop(key, None)
            else:
                values[key] = raw
        return values

    def _rewrite(self) -> None:
        """Without what is gone. The token is in it: nobody else may read it."""
        partial = self._path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(_lines(self._values), encoding="utf-8")
        os.replace(partial, self._path)


def _lines(values: Mapping[str, msgspec.Raw]) -> str:
    return "".join(
        msgspec.json.encode([key, value]).decode() + "\n" for key, value in values.items()
    )
