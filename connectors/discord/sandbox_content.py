"""What a message may hold: the sandbox checks a body as Discord does.

Discord's documentation, Message, "Create Message", "Allowed Mentions", "Embed Limits".
"""

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.discord.sandbox_records import Guild, MessageFlag
from connectors.discord.sandbox_refusals import Refusal, invalid, refusal, required, too_long
from connectors.discord.sandbox_settings import Settings

TEXT_LIMIT = 2_000
EMBEDS = 10
EMBED_TEXT = 6_000
FILES = 10
NONCE_LIMIT = 25
MENTIONED_IDS = 100
_EMBED_FIELDS = {"title": 256, "description": 4_096}
_PERSON = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")
_SETTABLE = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.VOICE


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """One `files[n]` of a multipart body."""

    name: str
    content: bytes
    media_type: str | None = None


@dataclass(slots=True, kw_only=True)
class Mentions:
    """Who a text names, and who of them is notified."""

    people: list[int] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)
    everyone: bool = False


def mentions_in(text: str, guild: Guild | None, known: set[int]) -> Mentions:
    people = [int(one) for one in _PERSON.findall(text)]
    roles = [int(one) for one in _ROLE.findall(text)]
    of_guild = {role.id for role in guild.roles} if guild is not None else set()
    return Mentions(
        people=list(dict.fromkeys(one for one in people if one in known)),
        roles=list(dict.fromkeys(one for one in roles if one in of_guild)),
        everyone=guild is not None and bool(_EVERYONE.search(text)),
    )


def allowed(found: Mentions, wish: dict[str, Any] | None, replied_to: int | None) -> Mentions:
    """What `allowed_mentions` leaves. Without it all are parsed, the author replied to included."""
    if wish is None:
        people = [*found.people, *([replied_to] if replied_to is not None else [])]
        return Mentions(
            people=list(dict.fromkeys(people)), roles=found.roles, everyone=found.everyone
        )
    parse = wish.get("parse", [])
    people = [
        one
        for one in found.people
        if "users" in parse or str(one) in {str(each) for each in wish.get("users") or []}
    ]
    if replied_to is not None and wish.get("replied_user"):
        people.append(replied_to)
    return Mentions(
        people=list(dict.fromkeys(people)),
        roles=[
            one
            for one in found.roles
            if "roles" in parse or str(one) in {str(each) for each in wish.get("roles") or []}
        ],
        everyone=found.everyone and "everyone" in parse,
    )


def check_allowed_mentions(wish: Any) -> None:
    if wish is None:
        return
    if not isinstance(wish, dict):
        raise invalid("allowed_mentions", "DICT_TYPE_CONVERT", "Only dictionaries may be used")
    parse = wish.get("parse") or []
    for position, one in enumerate(parse):
        if one not in {"users", "roles", "everyone"}:
            where = f"allowed_mentions.parse.{position}"
            raise invalid(
                where,
                "BASE_TYPE_CHOICES",
                "Value must be one of ('users', 'roles', 'everyone').",
            )
    for name in ("users", "roles"):
        listed = wish.get(name) or []
        if len(listed) > MENTIONED_IDS:
            raise invalid(
                f"allowed_mentions.{name}",
                "BASE_TYPE_BAD_LENGTH",
                f"Must be between 0 and {MENTIONED_IDS} in length.",
            )
        if listed and name in parse:
            raise invalid(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.',
            )


def check_embeds(embeds: Any) -> None:
    if not isinstance(embeds, list):
        raise invalid("embeds", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    if len(embeds) > EMBEDS:
        raise invalid("embeds", "BASE_TYPE_MAX_LENGTH", f"Must be {EMBEDS} or fewer in length.")
    total = 0
    for position, embed in enumerate(embeds):
        for name, longest in _EMBED_FIELDS.items():
            if len(embed.get(name) or "") > longest:
                raise too_long(f"embeds.{position}.{name}", longest)
            total += len(embed.get(name) or "")
        fields = embed.get("fields") or []
        if len(fields) > 25:
            raise too_long(f"embeds.{position}.fields", 25)
        for number, one in enumerate(fields):
            for name, longest in (("name", 256), ("value", 1_024)):
                if not one.get(name):
                    raise required(f"embeds.{position}.fields.{number}.{name}")
                if len(one[name]) > longest:
                    raise too_long(f"embeds.{position}.fields.{number}.{name}", longest)
                total += len(one[name])
        total += len((embed.get("footer") or {}).get("text") or "")
        total += len((embed.get("author") or {}).get("name") or "")
    if total > EMBED_TEXT:
        raise invalid(
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
            f"Embed size exceeds maximum size of {EMBED_TEXT}",
        )


def check_text(body: dict[str, Any]) -> str:
    """Its content, checked."""
    content = body.get("content")
    if content is None:
        return ""
    if not isinstance(content, str):
        raise invalid("content", "BASE_TYPE_STRING", "Could not interpret value as string.")
    if len(content) > TEXT_LIMIT:
        raise too_long("content", TEXT_LIMIT)
    return content


def check_body(body: dict[str, Any], files: dict[int, SentFile], settings: Settings) -> None:
    """Raises Refusal. What depends on the place and on rights is checked elsewhere."""
    content = check_text(body)
    nonce = body.get("nonce")
    if nonce is not None:
        if not isinstance(nonce, str | int):
            raise invalid("nonce", "BASE_TYPE_STRING", "Could not interpret value as string.")
        if len(str(nonce)) > NONCE_LIMIT:
            raise too_long("nonce", NONCE_LIMIT)
    elif body.get("enforce_nonce"):
        raise required("nonce")
    check_embeds(body.get("embeds") or [])
    check_allowed_mentions(body.get("allowed_mentions"))
    check_files(body, files, settings)
    flags = body.get("flags") or 0
    if flags & ~(_SETTABLE | MessageFlag.EPHEMERAL | MessageFlag.COMPONENTS_V2):
        raise invalid("flags", "BASE_TYPE_INVALID", "Invalid flags")
    has_content = content.strip() or any(
        body.get(name) for name in ("embeds", "sticker_ids", "components", "poll")
    )
    if not has_content and not files and not _is_forward(body):
        raise refusal(50006)


def check_files(body: dict[str, Any], files: dict[int, SentFile], settings: Settings) -> None:
    if len(files) > FILES:
        raise too_long("files", FILES)
    for one in files.values():
        if len(one.content) > settings.largest_file:
            raise refusal(40005)
    for position, one in enumerate(body.get("attachments") or []):
        number = one.get("id")
        if str(number).isdigit() and int(number) < FILES and int(number) not in files:
            raise Refusal(
                400,
                50035,
                "Invalid Form Body",
                errors={
                    "attachments": {
                        str(position): {
                            "_errors": [
                                {
                                    "code": "ATTACHMENT_NOT_FOUND",
                                    "message": f"Attachment ID {number} not found.",
                                }
                            ]
                        }
                    }
                },
            )


def _is_forward(body: dict[str, Any]) -> bool:
    reference = body.get("message_reference") or {}
    return bool(reference.get("type") == 1)
