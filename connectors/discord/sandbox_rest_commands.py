"""Routes of commands and of answers to interactions at the sandbox's REST API."""

import re
from typing import Any

from connectors.discord.sandbox_content import check_body, check_text
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_records import Message
from connectors.discord.sandbox_refusals import invalid, refusal, required
from connectors.discord.sandbox_rest import Call, Route
from connectors.discord.sandbox_rest_edits import change_message
from connectors.discord.sandbox_rest_messages import draft_of

_NAME = re.compile(r"^[-_'\w]{1,32}$")
_MESSAGE = 4
_CALLBACKS = frozenset({1, _MESSAGE, 5, 6, 7, 8, 9})


def _scope(call: Call) -> int | None:
    """The guild, or None for everywhere."""
    if call.number("application") != call.bot_id:
        raise refusal(10002)
    if "guild" not in call.request.match_info:
        return None
    number = call.number("guild")
    guild = call.on.world.guilds.get(number)
    if guild is None or call.bot_id not in guild.members:
        raise refusal(50001)
    return number


def _command(call: Call, wanted: Any, scope: int | None) -> dict[str, Any]:
    """As it is kept. Raises Refusal."""
    name = wanted.get("name")
    kind = wanted.get("type", 1)
    if not name:
        raise required("name")
    if kind == 1 and (not _NAME.match(name) or name != name.lower()):
        raise invalid("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    if kind == 1 and not wanted.get("description"):
        raise required("description")
    if len(wanted.get("description") or "") > 100:
        raise invalid("description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    return {
        "default_member_permissions": None,
        "nsfw": False,
        "contexts": None,
        "integration_types": [0],
        "description": "",
        "options": [],
        **wanted,
        "id": str(call.on.world.new_id()),
        "application_id": str(call.bot_id),
        "version": str(call.on.world.new_id()),
        "type": kind,
        **({} if scope is None else {"guild_id": str(scope)}),
    }


async def list_commands(call: Call) -> Any:
    return call.on.interactions.commands.get(_scope(call), [])


async def replace_commands(call: Call) -> Any:
    """These, and no others."""
    scope = _scope(call)
    if call.listed is None:
        raise refusal(50109)
    made = [_command(call, one, scope) for one in call.listed]
    call.on.interactions.commands[scope] = made
    return made


async def create_command(call: Call) -> Any:
    """One of the same name is replaced."""
    scope = _scope(call)
    made = _command(call, call.body, scope)
    others = [
        one
        for one in call.on.interactions.commands.get(scope, [])
        if (one["name"], one["type"]) != (made["name"], made["type"])
    ]
    call.on.interactions.commands[scope] = [*others, made]
    return made


async def delete_command(call: Call) -> Any:
    scope = _scope(call)
    number = str(call.number("command"))
    known = call.on.interactions.commands.get(scope, [])
    if not any(one["id"] == number for one in known):
        raise refusal(10063)
    call.on.interactions.commands[scope] = [one for one in known if one["id"] != number]


async def call_back(call: Call) -> Any:
    """The one answer to an interaction, within 3 s."""
    interaction = call.on.interactions.find(
        call.number("interaction"), call.request.match_info["token"]
    )
    kind = call.body.get("type")
    body = call.body.get("data") or {}
    if kind not in _CALLBACKS:
        raise invalid("type", "BASE_TYPE_CHOICES", "Value must be one of (1, 4, 5, 6, 7, 8, 9).")
    draft: Draft | None = None
    if kind == _MESSAGE:
        check_body(body, call.files, call.on.settings)
        draft = draft_of(body, call.files)
    elif kind == 5:
        draft = Draft(flags=body.get("flags") or 0)
    elif kind == 9:
        interaction.modal = body
    call.on.interactions.answer(interaction, kind, draft)
    if call.request.query.get("with_response") not in {"true", "1", "True"}:
        return None
    answer: dict[str, Any] = {
        "interaction": {
            "id": str(interaction.id),
            "type": interaction.kind,
            "response_message_loading": kind == 5,
            "response_message_ephemeral": bool(draft is not None and draft.flags & 64),
        },
        "resource": {"type": kind},
    }
    if interaction.original is not None:
        answer["interaction"]["response_message_id"] = str(interaction.original.id)
        answer["resource"]["message"] = call.on.objects.message(interaction.original)
    return answer


async def follow_up(call: Call) -> Any:
    """Another message; after "thinking" the first one fills in the answer."""
    interaction = call.on.interactions.with_token(
        call.number("application"), call.request.match_info["token"]
    )
    if interaction.response_kind is None:
        raise refusal(10015)
    check_body(call.body, call.files, call.on.settings)
    message = call.on.interactions.say(interaction, draft_of(call.body, call.files))
    return call.on.objects.message(message)


def _own(call: Call) -> Message:
    interaction = call.on.interactions.with_token(
        call.number("application"), call.request.match_info["token"]
    )
    name = call.request.match_info["message"]
    mine = [*([interaction.original] if interaction.original else []), *interaction.follow_ups]
    mine = mine[:1] if name == "@original" else [one for one in mine if str(one.id) == name]
    found = mine[0] if mine else None
    channel = interaction.channel
    if found is None or call.on.world.message(channel, found.id) is None:
        raise refusal(10008)
    return found


async def get_answer(call: Call) -> Any:
    return call.on.objects.message(_own(call))


async def edit_answer(call: Call) -> Any:
    message = _own(call)
    check_text(call.body)
    channel = call.on.world.channels[message.channel_id]
    change_message(call, channel, message, call.body)
    return call.on.objects.message(message)


async def delete_answer(call: Call) -> Any:
    message = _own(call)
    call.on.messages.remove(call.on.world.channels[message.channel_id], message)


_EVERYWHERE = "/applications/{application}/commands"
_OF_GUILD = "/applications/{application}/guilds/{guild}/commands"
_HOOK = "/webhooks/{application}/{token}"
_ANSWER = _HOOK + "/messages/{message}"
ROUTES = (
    *(
        Route(method=method, template=template, respond=respond, success=success)
        for template in (_EVERYWHERE, _OF_GUILD)
        for method, respond, success in (
            ("GET", list_commands, 200),
            ("PUT", replace_commands, 200),
            ("POST", create_command, 201),
        )
    ),
    Route(method="DELETE", template=_EVERYWHERE + "/{command}", respond=delete_command),
    Route(method="DELETE", template=_OF_GUILD + "/{command}", respond=delete_command),
    Route(
        method="POST",
        template="/interactions/{interaction}/{token}/callback",
        respond=call_back,
        is_open=True,
    ),
    Route(method="POST", template=_HOOK, respond=follow_up, is_open=True),
    Route(method="GET", template=_ANSWER, respond=get_answer, is_open=True),
    Route(method="PATCH", template=_ANSWER, respond=edit_answer, is_open=True),
    Route(method="DELETE", template=_ANSWER, respond=delete_answer, is_open=True),
)
