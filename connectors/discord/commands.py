"""The application commands /support and /link: what they are called, and what is answered.

https://discord.com/developers/docs/interactions/application-commands
"""

import json
from collections.abc import Mapping
from typing import Any

from connectors.discord import convert
from connectors.discord.client import call
from connectors.discord.config import Config
from connectors.discord.errors import FAILURES, from_failure
from connectors.discord.library import discord
from connectors.discord.places import PRIVATE_THREAD, place_of_person
from connectors.discord.replies import REPLY, Address, Replies
from core.connector import ConnectorContext
from core.errors import ConnectorError, RecipientGone, UnreadableEvent
from core.messages import MessageReceived

Json = Mapping[str, Any]
SUPPORT = "support"
LINK = "link"
CODE = "code"
HIDDEN = "…"
CHAT_INPUT = 1
APPLICATION_COMMAND = 2
ANSWER, ANSWER_LATER = 4, 5
FOR_THEM_ALONE = 1 << 6
KEPT_MINUTES = 10080
"""After a week of silence Discord archives the thread; writing opens it again."""

DEFINITIONS: tuple[dict[str, Any], ...] = (
    {
        "name": SUPPORT,
        "type": CHAT_INPUT,
        "description": "Talk to support in private",
        "description_localizations": {
            "zh-CN": "与客服私下交谈",
            "ru": "Написать в поддержку лично",
        },
        "contexts": [0, 1],
        "integration_types": [0],
    },
    {
        "name": LINK,
        "type": CHAT_INPUT,
        "description": "Link this account with the code that our site shows you",
        "description_localizations": {
            "zh-CN": "用网站显示的代码关联此账号",
            "ru": "Связать этот аккаунт кодом с нашего сайта",
        },
        "options": [
            {
                "type": 3,
                "name": CODE,
                "description": "The code",
                "description_localizations": {"zh-CN": "代码", "ru": "Код"},
                "required": True,
                "max_length": 64,
            }
        ],
        "contexts": [0, 1],
        "integration_types": [0],
    },
)

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "here": {
        "en": "Just write here: support reads along.",
        "zh": "请直接在这里留言，客服会看到。",
        "ru": "Просто напишите здесь: поддержка это увидит.",
    },
    "welcome": {
        "en": "Tell us here what it is about. Only you and support can read this.",
        "zh": "请在这里说明您的问题，只有您和客服能看到。",
        "ru": "Расскажите здесь, в чём дело. Это видите только вы и поддержка.",
    },
    "opened": {
        "en": "Please go on here: {place}",
        "zh": "请在这里继续：{place}",
        "ru": "Продолжим здесь: {place}",
    },
    "closed": {
        "en": "I cannot write to you: allow direct messages from this server, then try again.",
        "zh": "我无法给您发私信：请允许来自此服务器的私信，然后重试。",
        "ru": "Не могу вам написать: разрешите личные сообщения с этого сервера и повторите.",
    },
    "failed": {
        "en": "That did not work. Please try again in a while.",
        "zh": "操作未成功，请稍后再试。",
        "ru": "Не получилось. Попробуйте немного позже.",
    },
    "linking": {
        "en": "Thank you. If the code is valid, your accounts are linked now.",
        "zh": "谢谢。如果代码有效，您的账号现已关联。",
        "ru": "Спасибо. Если код верен, аккаунты теперь связаны.",
    },
}


class Commands:
    def __init__(
        self, client: discord.Client, config: Config, context: ConnectorContext, replies: Replies
    ) -> None:
        self._client = client
        self._replies = replies
        self._config = config
        self._context = context

    async def register(self, application_id: str) -> None:
        """They are at Discord as they are here; nothing is sent if they are there already.

        A refusal is logged and stops nothing: people can write without commands.
        """
        http = self._client.http
        try:
            found = await http.get_global_commands(int(application_id))
            known = {str(one["name"]): one for one in found}
            if set(known) == {str(one["name"]) for one in DEFINITIONS} and all(
                _is_as(known[str(one["name"])], one) for one in DEFINITIONS
            ):
                return
            await http.bulk_upsert_global_commands(
                int(application_id),
                list(DEFINITIONS),
            )
        except FAILURES as error:
            told = from_failure(error)
            self._context.log.warning(
                "discord.commands_not_registered", code=told.code, detail=told.detail
            )

    def to_event(self, interaction: Json) -> MessageReceived | None:
        """What of it belongs into the person's conversation: a code to link with.

        Raises UnreadableEvent.
        """
        try:
            if _command(interaction) != LINK:
                return None
            person = interaction.get("user") or interaction["member"]["user"]
            (code,) = (
                str(one["value"]) for one in interaction["data"]["options"] if one["name"] == CODE
            )
            sender = convert.sender_of(person, interaction.get("member"))
            number = str(int(interaction["id"]))
            return MessageReceived(
                event_key=f"interaction/{number}",
                raw=_redacted(interaction),
                place=place_of_person(sender.handle),
                sender=sender,
                text=f"/{LINK}",
                sent_at=convert.moment_of(number),
                link_code=code.strip(),
                context={REPLY: number},
            )
        except convert.JUNK as error:
            raise UnreadableEvent(f"The command cannot be read: {type(error).__name__}") from error

    async def answer(self, interaction: Json) -> None:
        """Tell the person, and nobody else, what became of their command. Never raises for what
        Discord says: an answer that comes too late is nobody's loss.
        """
        try:
            language = _language(str(interaction.get("locale") or ""))
            match _command(interaction):
                case "support":
                    await self._support(interaction, language)
                case "link":
                    await self._linking(interaction, language)
                case _:
                    return
        except (ConnectorError, *FAILURES) as error:
            told = from_failure(error)
            self._context.log.warning("discord.command_failed", code=told.code, detail=told.detail)
        except convert.JUNK as error:
            self._context.log.warning("discord.command_unreadable", fault=type(error).__name__)

    async def _linking(self, interaction: Json, language: str) -> None:
        """At once, whatever the code is; what comes of it takes the place of these words."""
        address = None
        try:
            await self._respond(interaction, _TEXTS["linking"][language])
            address = Address(str(interaction["application_id"]), str(interaction["token"]))
        finally:
            self._replies.settle(str(int(interaction["id"])), address)

    async def _support(self, interaction: Json, language: str) -> None:
        if "guild_id" not in interaction:
            await self._respond(interaction, _TEXTS["here"][language])
            return
        await self._respond(interaction, None)
        try:
            text = _TEXTS["opened"][language].format(place=await self._open(interaction, language))
        except (ConnectorError, *FAILURES) as error:
            is_closed = isinstance(from_failure(error), RecipientGone)
            text = _TEXTS["closed" if is_closed else "failed"][language]
        await call(
            self._client,
            "PATCH",
            "/webhooks/{webhook_id}/{webhook_token}/messages/@original",
            parameters={
                "webhook_id": str(interaction["application_id"]),
                "webhook_token": str(interaction["token"]),
            },
            json={"content": text, "allowed_mentions": {"parse": []}},
        )

    async def _open(self, interaction: Json, language: str) -> str:
        """The private place, as it is mentioned. A thread of their own, or else a direct chat."""
        person = interaction["member"]["user"]
        support = self._config.support_channel_id
        if support is None:
            channel = await self._client.http.start_private_message(int(person["id"]))
            await self._say(str(channel["id"]), interaction, language)
            return f"<#{channel['id']}>"
        thread = await call(
            self._client,
            "POST",
            "/channels/{channel_id}/threads",
            parameters={"channel_id": support},
            json={
                "name": convert.sender_of(person, interaction["member"]).shown_as[:90] or SUPPORT,
                "type": PRIVATE_THREAD,
                "invitable": False,
                "auto_archive_duration": KEPT_MINUTES,
            },
        )
        await self._client.http.add_user_to_thread(int(thread["id"]), int(person["id"]))
        await self._say(str(thread["id"]), interaction, language)
        return f"<#{thread['id']}>"

    async def _say(self, channel_id: str, interaction: Json, language: str) -> None:
        await call(
            self._client,
            "POST",
            "/channels/{channel_id}/messages",
            parameters={"channel_id": channel_id},
            json={
                "content": _TEXTS["welcome"][language],
                "allowed_mentions": {"parse": []},
                "nonce": convert.nonce_of(f"welcome {interaction['id']}"),
                "enforce_nonce": True,
            },
        )

    async def _respond(self, interaction: Json, text: str | None) -> None:
        """Within 3 s of the command. None: an answer follows."""
        said = {} if text is None else {"content": text, "allowed_mentions": {"parse": []}}
        await call(
            self._client,
            "POST",
            "/interactions/{webhook_id}/{webhook_token}/callback",
            parameters={
                "webhook_id": str(interaction["id"]),
                "webhook_token": str(interaction["token"]),
            },
            json={
                "type": ANSWER_LATER if text is None else ANSWER,
                "data": {"flags": FOR_THEM_ALONE, **said},
            },
        )


def _command(interaction: Json) -> str:
    if interaction.get("type") != APPLICATION_COMMAND:
        return ""
    return str((interaction.get("data") or {}).get("name") or "")


def _is_as(known: Json, wanted: Json) -> bool:
    """Whether Discord has it like this; it says more of a command than we did."""
    return (
        known.get("description") == wanted["description"]
        and [one.get("name") for one in known.get("options") or ()]
        == [one["name"] for one in wanted.get("options") or ()]
        and sorted(known.get("contexts") or ()) == wanted["contexts"]
    )


def _redacted(interaction: Json) -> bytes:
    """Without the code, and without the token that lets anybody answer it."""
    kept = {**interaction, "token": HIDDEN, "data": {"name": LINK, "options": HIDDEN}}
    return json.dumps(kept, sort_keys=True, default=str).encode()


def _language(locale: str) -> str:
    short = locale.partition("-")[0].lower()
    return short if short in ("zh", "ru") else "en"
