"""Which pages of a site its visitors look at, where the site wants agents to see that."""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from router.services.errors import Refused
from router.services.viewer import Viewer, find_conversation
from router.services.visitors import LocalAccount
from router.storage import persons
from router.storage import visited_pages as stored
from router.storage.engine import Database
from router.storage.unit_of_work import Fact
from router.storage.visited_pages import VisitedPage
from router.storage.visitors import SessionRow

LONGEST = 1000
MOST_SHOWN = 30
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def bare(address: str) -> str:
    """The address of a page without what may say more than where it is: no query, no fragment, no
    name or password. Raises Refused if it is none of a page.
    """
    try:
        parts = urlsplit(address.strip())
        host, port = _browsable(parts.hostname or ""), parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in ("http", "https"):
        raise Refused("That is no page's address.", field="address")
    where = host if port is None else f"{host}:{port}"
    path = "".join(one for one in parts.path or "/" if one.isprintable())
    return f"{parts.scheme}://{where}{path}"[:LONGEST]


def _browsable(host: str) -> str:
    """The host as it stands in an address, if browsers go there: agents' pages read addresses as
    browsers do (https://url.spec.whatwg.org/#host-parsing). Raises ValueError.
    """
    if ":" in host:
        if "%" in host:
            raise ValueError("zones are no part of addresses")
        return f"[{IPv6Address(host)}]"
    name = host if host.isascii() else host.encode("idna").decode()
    if not _NAME.fullmatch(name):
        raise ValueError("not a host")
    if _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        return str(IPv4Address(name))
    return name


async def note(database: Database, account: LocalAccount, row: SessionRow, address: str) -> None:
    """The visitor has come to this page. Raises Refused, with code `not_wanted` where the site has
    not switched it on.
    """
    if not account.connector.notes_pages:
        raise Refused("This site keeps no pages.", code="not_wanted", field="signal")
    page = bare(address)
    async with database.transaction() as work:
        if not await stored.note(work, row.id, page):
            return
        root = await stored.root_of_session(work, row.visitor.session)
        if root is not None:
            work.announce(Fact.PERSON_CHANGED, person=root, ref=root)


async def list_pages(database: Database, viewer: Viewer, person_id: int) -> list[VisitedPage]:
    """Where the person came by lately, newest first. Raises NotFound."""
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        members = await persons.members_of(work, found.root_id)
        return await stored.list_of_persons(work, members, limit=MOST_SHOWN)
