"""Where something is said on Telegram, and its name as a `RemotePlace`. Only this module parses it.

A chat id, and behind `;` what else every request must name: the topic of a supergroup, the topic of
a channel's direct messages, the business connection. Message ids are unique within one of these.
"""

from dataclasses import dataclass
from typing import Any

from core.errors import PlaceGone
from core.ids import RemotePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    chat_id: int
    thread_id: int | None = None
    topic_id: int | None = None
    """Of a channel's direct messages."""
    business_id: str = ""

    @property
    def is_private(self) -> bool:
        """Ids of people are positive, those of groups and channels negative."""
        return self.chat_id > 0

    @property
    def remote(self) -> RemotePlace:
        parts = [str(self.chat_id)]
        if self.thread_id is not None:
            parts.append(f"thread={self.thread_id}")
        if self.topic_id is not None:
            parts.append(f"topic={self.topic_id}")
        if self.business_id:
            parts.append(f"business={self.business_id}")
        return RemotePlace(";".join(parts))

    @property
    def parameters(self) -> dict[str, Any]:
        """What a method that writes there is told."""
        named = {
            "chat_id": self.chat_id,
            "message_thread_id": self.thread_id,
            "direct_messages_topic_id": self.topic_id,
            "business_connection_id": self.business_id or None,
        }
        return {name: value for name, value in named.items() if value is not None}


def parse_address(remote: RemotePlace) -> Address:
    """Raises PlaceGone for what no place of ours was ever called."""
    chat, *further = remote.split(";")
    named = dict(one.partition("=")[::2] for one in further)
    try:
        return Address(
            chat_id=int(chat),
            thread_id=_number(named.get("thread")),
            topic_id=_number(named.get("topic")),
            business_id=named.get("business", ""),
        )
    except ValueError as error:
        raise PlaceGone("This is no chat on Telegram.") from error


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
