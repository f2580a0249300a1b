"""All methods of the Bot API that the sandbox knows; those without a message of their own."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.telegram import sandbox_changes, sandbox_media, sandbox_sending
from connectors.telegram.sandbox_answers import Refusal, bad
from connectors.telegram.sandbox_calls import Call, Method, Result
from connectors.telegram.sandbox_members import full_json, member_json
from connectors.telegram.sandbox_polling import LONGEST_POLL, SET_WEBHOOK, WEBHOOK_ACTIVE
from connectors.telegram.sandbox_webhooks import Target

MAX_COMMANDS = 100
MAX_NAME = 64
MAX_ANSWER_BYTES = 1 << 22
"""Of one getUpdates; what does not fit comes with the next."""
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


async def get_me(call: Call) -> Any:
    return {
        **call.bot.account.to_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": call.bot.reads_all,
        "supports_inline_queries": False,
        "can_connect_to_business": True,
        "has_main_web_app": False,
    }


async def get_updates(call: Call) -> Any:
    if call.webhook.target is not None:
        raise await call.poller.conflict(WEBHOOK_ACTIVE)
    arguments = call.arguments
    limit = arguments.between("limit", 100, 1, 100)
    timeout = arguments.between("timeout", 0, 0, LONGEST_POLL)
    _remember_allowed(call)
    found = await call.poller.poll(arguments.number("offset"), limit, timeout)
    left = MAX_ANSWER_BYTES
    shown: list[dict[str, Any]] = []
    for update in found:
        body = update.to_json()
        left -= 50 + len(repr(body))
        if left <= 0 and shown:
            break
        shown.append(body)
    return shown


def _remember_allowed(call: Call) -> None:
    """Only a list of names changes anything."""
    try:
        kinds = call.arguments.decoded("allowed_updates")
    except Refusal:
        return
    if isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds):
        call.bot.queue.allow(kinds)


async def set_webhook(call: Call) -> Any:
    arguments = call.arguments
    if not arguments.text("url"):
        return await delete_webhook(call)
    target = Target(
        url=arguments.text("url"),
        secret=arguments.text("secret_token"),
        max_connections=arguments.between("max_connections", 40, 1, 100),
    )
    said = call.webhook.set(target, drops_pending=arguments.flag("drop_pending_updates"))
    _remember_allowed(call)
    call.poller.end(SET_WEBHOOK)
    return Result(value=True, description=said)


async def delete_webhook(call: Call) -> Any:
    drops = call.arguments.flag("drop_pending_updates")
    return Result(value=True, description=call.webhook.remove(drops_pending=drops))


async def get_webhook_description(call: Call) -> Any:
    body = call.webhook.describe()
    if not call.bot.queue.is_default:
        body["allowed_updates"] = sorted(call.bot.queue.allowed)
    return body


async def get_chat(call: Call) -> Any:
    chat = call.chat(writes=False)
    return full_json(call.network, chat)


async def get_chat_member(call: Call) -> Any:
    number = call.arguments.number("user_id")
    if not number:
        raise bad("invalid user_id specified")
    chat = call.chat(writes=False)
    account = call.network.accounts.get(number)
    if account is None:
        raise bad("PARTICIPANT_ID_INVALID")
    return member_json(account, chat.members.get(number, "left"))


async def get_my_name(call: Call) -> Any:
    return {"name": call.bot.account.first_name}


async def set_my_name(call: Call) -> Any:
    name = call.arguments.text("name")
    if len(name) > MAX_NAME:
        raise bad("bot name is too long")
    if name:
        call.bot.account.first_name = name
    return True


async def set_my_commands(call: Call) -> Any:
    commands = call.arguments.decoded("commands")
    if not isinstance(commands, list) or not all(isinstance(one, dict) for one in commands):
        raise bad("expected an Array of commands")
    if len(commands) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if _COMMAND.fullmatch(str(one.get("command", "")).removeprefix("/")) is None:
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(one.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    call.bot.commands = commands
    return True


async def get_my_commands(call: Call) -> Any:
    return call.bot.commands


async def get_business_connection(call: Call) -> Any:
    business = call.network.businesses.get(call.arguments.text("business_connection_id"))
    if business is None or business.bot != call.bot.id:
        raise bad("business connection not found")
    return call.network.business_json(business)


METHODS: Mapping[str, Method] = {
    **sandbox_sending.METHODS,
    **sandbox_media.METHODS,
    **sandbox_changes.METHODS,
    "getme": get_me,
    "getupdates": get_updates,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_description,
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getmyname": get_my_name,
    "setmyname": set_my_name,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "getbusinessconnection": get_business_connection,
}
