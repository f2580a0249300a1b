"""Commands and buttons of the sandbox: what people run, and how the app answers.

Discord's documentation, Receiving and Responding.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.discord.sandbox_messages import Draft, Messages
from connectors.discord.sandbox_objects import Objects
from connectors.discord.sandbox_permissions import permissions_in
from connectors.discord.sandbox_records import Channel, Message, MessageFlag, MessageKind
from connectors.discord.sandbox_refusals import refusal
from connectors.discord.sandbox_settings import Settings
from connectors.discord.sandbox_world import Announcement, World

COMMAND = 2
COMPONENT = 3


@dataclass(slots=True, kw_only=True)
class Interaction:
    """One that a person began. `answered` is set once the app has responded in any way."""

    id: int
    token: str
    kind: int
    person_id: int
    channel: Channel
    at: datetime
    response_kind: int | None = None
    """Of the callback: 4 a message, 5 "thinking", 6 and 7 for buttons, 9 a modal."""
    original: Message | None = None
    """The message that the response is, or becomes."""
    follow_ups: list[Message] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Interactions:
    def __init__(
        self,
        world: World,
        objects: Objects,
        messages: Messages,
        settings: Settings,
        bot_id: int,
    ) -> None:
        self._world = world
        self._objects = objects
        self._messages = messages
        self._settings = settings
        self._bot_id = bot_id
        self.commands: dict[int | None, list[dict[str, Any]]] = {}
        """By guild; None: those for everywhere."""
        self._known: dict[str, Interaction] = {}

    def command_named(self, name: str, guild_id: int | None) -> dict[str, Any] | None:
        every = [*self.commands.get(guild_id, []), *self.commands.get(None, [])]
        return next((one for one in every if one["name"] == name), None)

    def begin(
        self,
        kind: int,
        person_id: int,
        channel: Channel,
        body: dict[str, Any],
        message: Message | None = None,
    ) -> Interaction:
        """Tells the app. It needs no intent."""
        interaction = Interaction(
            id=self._world.new_id(),
            token=secrets.token_urlsafe(60),
            kind=kind,
            person_id=person_id,
            channel=channel,
            at=self._world.clock.now(),
        )
        self._known[interaction.token] = interaction
        shown: dict[str, Any] = {
            "id": str(interaction.id),
            "application_id": str(self._bot_id),
            "type": kind,
            "data": body,
            "token": interaction.token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": self._objects.channel(channel),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": self._settings.largest_file,
            "app_permissions": str(permissions_in(self._world, channel, self._bot_id)),
            **self._who(person_id, channel),
        }
        if message is not None:
            shown["message"] = self._objects.message(message)
        self._world.announce(
            Announcement(name="INTERACTION_CREATE", body=shown, guild_id=channel.guild_id)
        )
        return interaction

    def find(self, number: int, token: str) -> Interaction:
        """Raises Refusal when there is none, or the 3 s are over."""
        found = self._known.get(token)
        if found is None or found.id != number:
            raise refusal(10062)
        if found.response_kind is not None:
            raise refusal(40060)
        if self._world.clock.now() - found.at > self._settings.interaction_deadline:
            raise refusal(10062)
        return found

    def with_token(self, application_id: int, token: str) -> Interaction:
        """One whose messages can be written and changed: it was answered, and is no 15 min old."""
        found = self._known.get(token)
        if application_id != self._bot_id or found is None:
            raise refusal(10015)
        if self._world.clock.now() - found.at > self._settings.interaction_lifetime:
            raise refusal(50027)
        return found

    def answer(self, interaction: Interaction, kind: int, draft: Draft | None) -> None:
        """4 says something, 5 that something will be said, 6 and 7 belong to buttons, 9 asks."""
        interaction.response_kind = kind
        if kind == 4 and draft is not None:
            interaction.original = self.say(interaction, draft)
        elif kind == 5:
            flags = MessageFlag.LOADING | (draft.flags if draft is not None else 0)
            interaction.original = self.say(interaction, Draft(flags=flags))
        interaction.answered.set()

    def say(self, interaction: Interaction, draft: Draft) -> Message:
        is_ephemeral = bool(draft.flags & MessageFlag.EPHEMERAL)
        is_first = interaction.original is None
        made = Draft(
            text=draft.text,
            files=draft.files,
            embeds=draft.embeds,
            components=draft.components,
            # Only people are mentioned unless it says otherwise.
            allowed_mentions=draft.allowed_mentions or {"parse": ["users"]},
            flags=draft.flags,
            kind=MessageKind.COMMAND if is_first else MessageKind.DEFAULT,
            interaction={
                "id": str(interaction.id),
                "type": interaction.kind,
                "user": self._objects.profile(interaction.person_id),
                "authorizing_integration_owners": {},
            },
            seen_only_by=interaction.person_id if is_ephemeral else None,
        )
        message = self._messages.post(interaction.channel, self._bot_id, made)
        if not is_first:
            interaction.follow_ups.append(message)
        return message

    def _who(self, person_id: int, channel: Channel) -> dict[str, Any]:
        if channel.guild_id is None:
            return {
                "user": self._objects.profile(person_id),
                "context": 1,
                "authorizing_integration_owners": {"0": "0"},
            }
        guild = self._world.guilds[channel.guild_id]
        permissions = permissions_in(self._world, channel, person_id)
        return {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": ["COMMUNITY"]},
            "guild_locale": "en-US",
            "member": {
                **self._objects.member_of(guild, person_id),
                "permissions": str(permissions),
            },
            "context": 0,
            "authorizing_integration_owners": {"0": str(guild.id)},
        }
