"""A channel's network on loopback, so that one can play the person and see what reaches them.

The router's sandbox page drives every channel through this and knows none of them by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

COMMON_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {"Name": "姓名", "Subject": "主题", "Text": "内容", "Where": "地点"},
    "ru": {"Name": "Имя", "Subject": "Тема", "Text": "Текст", "Where": "Где"},
}
"""Of labels that most networks have."""


class SandboxField(msgspec.Struct, frozen=True, kw_only=True):
    """One input of the page's form. `name` is the field of `SandboxLine` that it fills."""

    name: str
    label: str
    default: str | bool = ""
    is_long: bool = False
    """A text of several lines."""
    choices: tuple[str, ...] = ()
    """One of these is taken, where there are any; `default` is among them."""
    words: Mapping[str, Mapping[str, str]] = {}
    """By language ("zh", "ru"): the label and the choices in it, by what they are in English."""

    def shown(self, text: str, language: str) -> str:
        """The label or a choice as it reads in this language."""
        for words in (self.words, COMMON_WORDS):
            if found := words.get(language, {}).get(text):
                return found
        return text


class SandboxAttachment(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    content: bytes
    media_type: str = "application/octet-stream"


class SandboxLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says on this network."""

    person: str
    """Their display name."""
    address: str
    """By which the network knows them: a mail address, a numeric id."""
    text: str
    subject: str = ""
    place: str = ""
    """Where, on a network with several: one of the choices of that field. Empty: in private."""
    is_authenticated: bool = True
    """Whether the network vouches for the sender; False: a forged one."""
    attachments: tuple[SandboxAttachment, ...] = ()


class SandboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What reached a person."""

    at: datetime
    text: str
    subject: str = ""
    html: str | None = None
    attachments: tuple[str, ...] = ()
    """File names."""


class SandboxDesk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the desk itself is reached, for networks that have to call it."""

    url: str
    """Without a trailing slash."""
    hook_token: str
    """Of the sandbox's account: it is called at `<url>/hooks/<hook_token>/...`."""
    make_host_token: Callable[[], Awaitable[str]] | None = None
    """A fresh token of the operator's own site for the desk's host API, good for some minutes.

    Raises ConnectorError as long as nobody has signed up at the desk.
    """


class SandboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the sandbox's own pages."""

    body: bytes
    media_type: str = "text/html"
    policy: str = "default-src 'none'"
    """Its Content-Security-Policy."""


class Sandbox(ABC):
    """A stand-in of one channel's network with one account of the desk on it."""

    title: str
    """Shown above its form."""
    page_url: str | None = None
    """If the channel has its own way to play the person: a page to link to beside the form.

    Relative to where the router serves `page`, or a whole address.
    """
    step_up_url: str | None = None
    """If this network is the operator's own site: its page where people prove anew that it is them,
    relative to where the router serves `page`.
    """
    can_change: bool = False
    """Whether people can change what they wrote, and the desk is told; `change_last` is there."""
    can_delete: bool = False
    """Whether people can delete what they wrote, and the desk is told; `delete_last` is there."""

    @abstractmethod
    async def start(self, data_dir: Path) -> None:
        """Serve on free loopback ports. What was said before, with the same `data_dir`, is kept."""

    @abstractmethod
    async def stop(self) -> None:
        """Idempotent; ports are closed and no task or process is left."""

    @abstractmethod
    def account_config(self) -> dict[str, Any]:
        """The connector's `Config` as JSON types, secrets in clear. Valid between start and stop.

        Ports may differ after a restart, so an account made earlier takes the new values.
        """

    @abstractmethod
    def fields(self) -> Sequence[SandboxField]: ...

    @abstractmethod
    async def say(self, line: SandboxLine) -> None:
        """Put a line where the connector will find it, as the network would."""

    async def change_last(self, line: SandboxLine) -> None:
        """What this address last wrote in this place reads `line.text` from now on.

        Raises ValueError if there is nothing to change.
        """
        raise ValueError("nothing that was written here can be changed")

    async def delete_last(self, line: SandboxLine) -> None:
        """What this address last wrote in this place is gone, whatever `line.text` is.

        Raises ValueError if there is nothing to delete.
        """
        raise ValueError("nothing that was written here can be deleted")

    @abstractmethod
    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        """All that reached this person, oldest first."""

    def attach(self, desk: SandboxDesk) -> None:  # noqa: B027 - most networks need not know
        """Told before anything is said that the account is there, and where the desk serves."""

    async def page(self, path: str, query: Mapping[str, str]) -> SandboxPage | None:
        """One of the sandbox's own pages, served by the router. None: there is no such page."""
        return None

    async def submit(self, path: str, form: Mapping[str, str]) -> SandboxPage | None:
        """What a form of its own pages was filled in with. None: there is no such form."""
        return None
