"""Which pages a visitor looks at: kept where the site wants it, without what a query may say."""

from typing import Any

import pytest

from router.services import visited_pages
from router.services.errors import Refused
from router.services.viewer import Viewer
from router.services.visited_pages import bare
from router.storage import privacy
from router.storage.sight import FULL_SIGHT
from tests.web.visiting import Chat, Page


async def note(page: Page, address: Any) -> Any:
    return await page.call("POST", "/signals", {"signal": "page", "address": address})


async def shown(chat: Chat) -> list[str]:
    """What agents see of the only person."""
    viewer = Viewer(chat.author.agent_id, FULL_SIGHT)
    person = await chat.value("select min(id) from persons")
    return [one.address for one in await visited_pages.list_pages(chat.database, viewer, person)]


async def test_pages_are_kept_once_each_without_their_queries_newest_first(chat: Chat) -> None:
    page = await chat.visitor(await chat.site(note_pages=True))
    await note(page, "https://shop.example/?utm=1")
    await page.say("Hello")
    for address in ("/cart?token=secret", "/cart#pay", "/orders/7?mail=ann@example.com#top"):
        assert (await note(page, f"https://shop.example{address}")).status == 204

    assert await shown(chat) == [
        "https://shop.example/orders/7",
        "https://shop.example/cart",
        "https://shop.example/",
    ]
    changed = "select count(*) from outbox where kind = 'person.changed' and person_id is not null"
    assert await chat.value(changed) >= 2


async def test_site_that_has_not_switched_it_on_keeps_no_page(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    answered = await note(page, "https://shop.example/")

    assert (answered.status, answered.body["code"]) == (400, "not_wanted")
    assert await chat.value("select count(*) from visited_pages") == 0
    assert (await page.call("GET", "/config")).body["notes_pages"] is False


async def test_only_the_newest_pages_of_a_session_are_kept(chat: Chat) -> None:
    page = await chat.visitor(await chat.site(note_pages=True))
    await page.say("Hello")
    for number in range(33):
        await note(page, f"https://shop.example/{number}")

    kept = await shown(chat)

    assert len(kept) == 30
    assert (kept[0], kept[-1]) == ("https://shop.example/32", "https://shop.example/3")


async def test_pages_leave_with_the_person(chat: Chat) -> None:
    page = await chat.visitor(await chat.site(note_pages=True))
    await page.say("Hello")
    await note(page, "https://shop.example/")
    person = await chat.value("select min(id) from persons")
    async with chat.database.transaction() as work:
        await privacy.blot_out(work, [person])

    assert await chat.value("select count(*) from visited_pages") == 0


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://ann:secret@shop.example:8443/a?b#c", "https://shop.example:8443/a"),
        ("HTTP://Shop.Example", "http://shop.example/"),
        ("https://[::1]:80/x", "https://[::1]:80/x"),
        ("https://192.0.2.1/x", "https://192.0.2.1/x"),
        ("https://m\u00fcller.example/x", "https://xn--mller-kva.example/x"),
        ("https://my_shop.example./x", "https://my_shop.example./x"),
        ("https://shop.example/\u202ea", "https://shop.example/a"),
        ("https://shop.example/" + "a" * 2000, ("https://shop.example/" + "a" * 2000)[:1000]),
    ],
)
def test_address_says_where_and_nothing_more(address: str, kept: str) -> None:
    assert bare(address) == kept


NO_BROWSER_GOES_THERE = (
    *("https://a b/", "https://a%zz/x", "https://a|b/", "https://a..b/", "https://a<b>/"),
    *("https://[fe80::1%25eth0]/", "https://[::zz]/", "https://1.2.3.256/", "https://a.0x/"),
)


@pytest.mark.parametrize("address", NO_BROWSER_GOES_THERE)
def test_page_that_no_browser_could_be_at_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        bare(address)


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "/cart", "https://", "http://a:b"])
async def test_what_is_no_address_of_a_page_names_the_field(chat: Chat, address: str) -> None:
    page = await chat.visitor(await chat.site(note_pages=True))

    answered = await note(page, address)

    assert (answered.status, answered.body["field"]) == (400, "address")
