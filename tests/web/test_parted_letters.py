"""A chat that went on by mail does not go on with whoever reads there once they are apart."""

from pathlib import Path

import pytest

from core.clock import FakeClock
from core.people import IdentityKey
from router.services.host.accounts import AccountStatement, declare_account
from router.services.host.links import unlink_identity
from router.services.outbound import Reply, reply
from tests.services.builders import make_account
from tests.web.test_visitor_continuation import GRACE, MAIL, MINUTE, Story
from tests.web.visiting import Chat

HOST = "customer-7"


class AnyRealm:
    def canonical(self, realm: str, handle: str) -> IdentityKey:
        return IdentityKey(realm, handle)


@pytest.fixture
async def story(chat: Chat, clock: FakeClock, tmp_path: Path) -> Story:
    site = await chat.site(continue_by="mailbox", continue_after_minutes=10)
    page = await chat.visitor(site)
    await page.open(page.sign(HOST))
    await page.say("Where is my order?")
    account = await make_account(chat.database, channel="email", label="mailbox")
    return Story(chat, page, clock, account, tmp_path)


async def answer_by_mail(story: Story, text: str) -> None:
    row = await story.chat.row(
        "select m.place_id, p.root_id from messages m join persons p on p.id = m.person_id"
        " where m.account_id = $1 and m.direction = 'in' order by m.id desc limit 1",
        story.mail,
    )
    written = await reply(
        story.chat.database,
        story.chat.keyring,
        lambda _: MAIL,
        story.chat.author,
        Reply(person_id=row["root_id"], place_id=row["place_id"], text=text, client_key=text),
    )
    await story.chat.settle(written.message_id, "sent")


async def test_what_a_former_address_writes_and_is_answered_is_not_seen_in_the_chat(
    story: Story,
) -> None:
    """The host took the address back: somebody else may read there now."""
    chat, page = story.chat, story.page
    await declare_account(chat.database, "host", HOST, AccountStatement())
    await chat.answer(page, "We have found it.")
    await story.round(10 * MINUTE)
    await story.write_back("Thank you, by mail")
    await story.round()
    assert "Thank you, by mail" in await page.texts()
    story.clock.advance(MINUTE)
    await unlink_identity(
        chat.database, AnyRealm(), "host", account=HOST, realm="email", handle=GRACE
    )
    await chat.relay()

    await story.write_back("I am somebody else")
    await answer_by_mail(story, "Your own matter")
    await story.round(MINUTE)
    await story.round(60 * MINUTE)

    seen = await page.texts()
    assert "I am somebody else" not in seen
    assert "Your own matter" not in seen
    assert "Where is my order?" in seen


async def test_what_comes_from_an_address_of_several_people_is_not_seen_in_the_chat(
    story: Story,
) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)
    await story.chat.value("update identities set is_shared = true where realm = 'email'")

    await story.write_back("I am a colleague of theirs")
    await story.round(MINUTE)

    assert "I am a colleague of theirs" not in await story.page.texts()
