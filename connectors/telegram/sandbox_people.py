"""People on the sandbox's network, and what they do in their private chats with a bot."""

from typing import Any

from connectors.telegram.sandbox_chats import Account, Chat, Post
from connectors.telegram.sandbox_network import Bot, Network


class Person:
    """Somebody who writes to the bot."""

    def __init__(self, network: Network, account: Account, bot: Bot) -> None:
        self.network = network
        self.account = account
        self.bot = bot

    @property
    def id(self) -> int:
        return self.account.id

    @property
    def chat(self) -> Chat:
        """Their private chat with the bot."""
        return self.network.private_chat(self.bot, self.account)

    async def says(self, text: str, **more: Any) -> Post:
        """`more`: further fields of the Bot API's Message, such as entities."""
        self.chat.members[self.id] = "member"
        post = self.network.say(self.chat, self.account, {"text": text, **more})
        self.network.tell(self.chat, "message", post.body)
        return post
