"""The places that the sandbox's form offers, one of each kind that Telegram has."""

from connectors.telegram.sandbox_business import BusinessAccount
from connectors.telegram.sandbox_chats import GROUP, SUPERGROUP, Chat
from connectors.telegram.sandbox_groups import Channel, Group, Topic
from connectors.telegram.sandbox_people import Person, Where
from connectors.telegram.sandbox_server import BotApiServer

IN_PRIVATE = "In private"
IN_GROUP = "Group: Traders"
IN_TOPIC = "Topic of a forum: Harbor Community, Deposits"
TO_CHANNEL = "Direct messages of a channel: Harbor News"
TO_BUSINESS = "Business account: Olga"
PLACES = (IN_PRIVATE, IN_GROUP, IN_TOPIC, TO_CHANNEL, TO_BUSINESS)
OLGA = 5_000_009_999


async def find_place(server: BotApiServer, place: str, person: Person) -> Where | None:
    """Made at need, with this person in it; None: in private. Raises ValueError if unknown."""
    if place in ("", IN_PRIVATE):
        return None
    if place == IN_GROUP:
        return _joined(_group(server, GROUP, "Traders"), person)
    if place == IN_TOPIC:
        forum = _joined(_group(server, SUPERGROUP, "Harbor Community"), person)
        number = next(iter(forum.chat.topics), None)
        return Topic(forum, number) if number else await forum.topic("Deposits", person)
    if place == TO_CHANNEL:
        return await _channel(server).direct_messages()
    if place == TO_BUSINESS:
        return _business(server)
    raise ValueError(f"there is no place {place!r}")


def _find(server: BotApiServer, title: str) -> Chat | None:
    chats = server.network.chats.values()
    return next((one for one in chats if one.title == title and not one.parent), None)


def _group(server: BotApiServer, kind: str, title: str) -> Group:
    chat = _find(server, title)
    if chat is not None:
        return Group(server.network, chat, server.bot)
    return server.group(title) if kind == GROUP else server.supergroup(title, is_forum=True)


def _joined(group: Group, person: Person) -> Group:
    if not group.chat.has(person.id):
        group.chat.members = {**group.chat.members, person.id: "member"}
        group.network.keep_chat(group.chat)
    return group


def _channel(server: BotApiServer) -> Channel:
    chat = _find(server, "Harbor News")
    return Channel(server.network, chat, server.bot) if chat else server.channel("Harbor News")


def _business(server: BotApiServer) -> BusinessAccount:
    for business in server.network.businesses.values():
        if business.owner == OLGA:
            return BusinessAccount(server.network, business, server.bot)
    return server.business(server.person("Olga", number=OLGA))
