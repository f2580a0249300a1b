"""A business account that lets a bot see and answer what its customers write to it."""

from collections.abc import Sequence
from typing import Any

from connectors.telegram.sandbox_chats import Business, Chat, Post
from connectors.telegram.sandbox_network import Bot, Network
from connectors.telegram.sandbox_people import Person

RIGHTS = {"can_reply": True, "can_read_messages": True, "can_delete_sent_messages": True}


class BusinessAccount:
    """Customers write with `where=` this; the owner with `where=` `to(customer)`."""

    kinds = ("business_message", "edited_business_message")

    def __init__(self, network: Network, business: Business, bot: Bot) -> None:
        self.network = network
        self.business = business
        self.bot = bot

    @property
    def id(self) -> str:
        return self.business.id

    def chat_of(self, person: Person) -> Chat:
        return self.network.private_chat(self.bot, person.account, self.id)

    def fields_of(self, person: Person) -> dict[str, Any]:
        return {"business_connection_id": self.id}

    def to(self, customer: Person) -> "CustomerChat":
        """Where the owner's own words to this customer go."""
        return CustomerChat(self, customer)

    async def changes(self, *, is_enabled: bool = True, **rights: bool) -> None:
        """The owner disables the bot, or gives it other rights."""
        self.business.is_enabled = is_enabled
        self.business.rights = {**self.business.rights, **rights}
        self.tell()

    async def deletes(self, customer: Person, posts: Sequence[Post]) -> None:
        """Messages with this customer are gone, and here the bot is told."""
        chat = self.chat_of(customer)
        for post in posts:
            post.is_deleted = True
            self.network.keep_post(chat, post)
        body = {
            "business_connection_id": self.id,
            "chat": self.network.chat_json(chat),
            "message_ids": [post.message_id for post in posts],
        }
        self.network.tell(chat, "deleted_business_messages", body, lane="deleted")

    async def echoes(self, customer: Person, post: Post) -> None:
        """The bot is shown what it said itself for the owner."""
        self.network.tell(self.chat_of(customer), "business_message", post.body)

    def tell(self) -> None:
        """The bot is told of the connection as it is."""
        self.network.keep(f"business/{self.id}", self.business)
        body = self.network.business_json(self.business)
        lane = f"business {self.business.owner}"
        self.network.tell_bot(self.bot, "business_connection", body, lane=lane)


class CustomerChat:
    """The owner writes to one customer from their own phone."""

    kinds = BusinessAccount.kinds

    def __init__(self, account: BusinessAccount, customer: Person) -> None:
        self.account = account
        self.customer = customer

    def chat_of(self, person: Person) -> Chat:
        if person.id != self.account.business.owner:
            raise PermissionError("only the owner writes from the business account")
        return self.account.chat_of(self.customer)

    def fields_of(self, person: Person) -> dict[str, Any]:
        return self.account.fields_of(person)


def connect_business(network: Network, bot: Bot, owner: Person) -> BusinessAccount:
    """The owner chose the bot in their settings; it is told."""
    number = len(network.businesses) + 1
    business = Business(
        id=f"AAE{number:05}business",
        owner=owner.id,
        bot=bot.id,
        since=network.clock.now(),
        rights=dict(RIGHTS),
    )
    network.businesses[business.id] = business
    made = BusinessAccount(network, business, bot)
    made.tell()
    return made
