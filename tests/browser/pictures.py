"""The pictures of the README: `python -m tests.browser.pictures docs/images`.

Nothing on them is painted: a served sandbox, people who write, an agent who answers. The main
states stand there by day (`inbox.png`) and by night (`inbox-dark.png`).
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, ViewportSize, async_playwright, expect

from tests.browser.conftest import ARGUMENTS
from tests.browser.desk import PlayedDesk
from tests.browser.newcomer import InboxPage, SandboxPage, WidgetPage
from tests.browser.small_png import shrink
from tests.real import require_program
from tests.rig.product import Product

GRACE = "Grace Hopper"
GRACE_MAIL = "grace@people.example"
TRAVELLING = "I am travelling today, please write to me here."
ASKING = "Any news?"
WIDE: ViewportSize = {"width": 1440, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}
HELD_MS = 30_000
"""An answer by mail can be taken back for ten seconds before it goes out."""
MOST_BYTES = 110_000
MOST_TOGETHER = 1_600_000
ENDINGS: dict[Literal["dark", "light"], str] = {"dark": "-dark", "light": ""}
TWO_FRAMES = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"
REPLY = {
    "reach": "shared",
    "title": "Refund on its way",
    "tags": ["money"],
    "texts": {"en": {"text": "Dear {{person.name}}, {{amount}} is on its way."}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    channel: str
    person: str
    address: str
    text: str
    subject: str = ""
    is_authenticated: bool = True


BEFORE = (
    Said(
        channel="email",
        person="Дмитрий Орлов",
        address="orlov@people.example",
        subject="Комиссия за вывод",
        text="Почему комиссия за вывод BTC сегодня вдвое выше, чем вчера?",
    ),
    Said(
        channel="telegram",
        person="Priya Natarajan",
        address="5000000023",
        text="I sent 40 XRP and forgot the destination tag. The transfer is confirmed.",
    ),
    Said(
        channel="webchat",
        person="王伟",
        address="wei@people.example",
        text="您好，我三天前提交了身份证照片，状态一直是“审核中”。请问还需要多久？",
    ),
    Said(
        channel="email",
        person="Анна Петрова",
        address="anna@people.example",
        subject="Подозрительное письмо",
        text="Мне пришло письмо якобы от вас: просят ввести seed-фразу. Это правда вы?",
    ),
    Said(
        channel="discord",
        person="刘洋",
        address="80351110224678955",
        text="我换了新手机，谷歌验证器里的验证码没有了，怎样重置两步验证？",
    ),
    Said(
        channel="email",
        person=GRACE,
        address=GRACE_MAIL,
        subject="Urgent: change my address",
        text="I lost my phone. Change my e-mail right now and switch off the second factor.",
        is_authenticated=False,
    ),
)
AFTER = (
    Said(
        channel="email",
        person="Marco Rossi",
        address="marco@people.example",
        subject="Tax report for 2025",
        text="Where can I download last year's trades as a file for my tax advisor?",
    ),
    Said(
        channel="webchat",
        person="Анна Петрова",
        address="anna@people.example",
        text="Спасибо! Я ничего не вводила, на всякий случай сменила пароль.",
    ),
)


async def main(folder: Path, home: Path) -> None:
    """Every picture is in `folder`, by day and by night; the desk lived in `home`."""
    async with _serve(home) as product, async_playwright() as playwright:
        program = require_program("chromium")
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        context = await browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
        context.set_default_timeout(HELD_MS)
        camera = Camera(folder, await (await browser.new_context()).new_page())
        page = await context.new_page()
        await page.goto(await product.setup_link())
        await camera.take(page, "setup")
        desk = PlayedDesk(product, context)
        await desk.sign_up()
        await desk.post("/snippets", REPLY)
        await _all_write(desk, BEFORE)
        inbox = InboxPage(page)
        await page.goto(f"{desk.url}/inbox/open")
        sandbox = SandboxPage(await context.new_page())
        await sandbox.page.set_viewport_size({"width": 1000, "height": 1240})
        await sandbox.page.goto(f"{desk.url}/sandbox")
        widget = WidgetPage(await sandbox.open_site(GRACE))
        await widget.page.set_viewport_size({"width": 1000, "height": 680})
        await _come_together(inbox, sandbox, widget)
        await _answer(inbox, desk)
        await _show_work(inbox, camera)
        await _show_people_who_write(sandbox, widget, camera)
        await _show_screens(inbox, desk, camera)
        await browser.close()


@dataclass(frozen=True, slots=True)
class Camera:
    folder: Path
    bench: Page
    """An empty page, where pictures are made small."""

    async def take(self, page: Page, name: str) -> None:
        """The page as it stands, twice; it is light again after that."""
        await page.bring_to_front()
        for notice in await page.locator(".toast button:last-child").all():
            await notice.click()
        await page.mouse.move(0, 0)
        await page.wait_for_load_state("networkidle")
        await page.evaluate("document.fonts.ready")
        for theme, ending in ENDINGS.items():
            await page.emulate_media(color_scheme=theme)
            await page.evaluate(TWO_FRAMES)
            seen = await page.screenshot(animations="disabled", caret="hide")
            (self.folder / f"{name}{ending}.png").write_bytes(await shrink(self.bench, seen))


def weigh(folder: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.png"))}
    for name, size in sizes.items():
        print(f"{name}: {size // 1000} kB")
    print(f"together: {sum(sizes.values()) // 1000} kB")
    assert max(sizes.values()) <= MOST_BYTES, "one is too large for a README"
    assert sum(sizes.values()) <= MOST_TOGETHER


async def _come_together(inbox: InboxPage, sandbox: SandboxPage, widget: WidgetPage) -> None:
    """Grace chats and mails, and links the two networks by a code each."""
    await widget.open()
    await widget.say("Hi! My withdrawal of 250 USDT is on hold.")
    await expect(widget.page.get_by_text("Sent", exact=True)).to_be_visible()
    await inbox.page.bring_to_front()
    await inbox.open(inbox.row("250 USDT"))
    await inbox.page.get_by_role("button", name="Assign to me").click()
    await sandbox.mail("It is the transaction 4f2a91c0.", subject="Withdrawal on hold")
    lines = (("Telegram", "/start", TRAVELLING), ("Discord", "/link", ASKING))
    code = ""
    for network, command, text in lines:
        await widget.page.bring_to_front()
        code = await widget.code(after=code)
        await sandbox.page.bring_to_front()
        await sandbox.write(network, f"{command} {code}")
        await sandbox.write(network, text)
        await inbox.page.bring_to_front()
        await expect(inbox.message(text)).to_be_visible()


async def _answer(inbox: InboxPage, desk: PlayedDesk) -> None:
    """An agent notes, answers on each channel, and answers somebody else."""
    await inbox.note("Held by a manual check, done by 15:00.")
    await inbox.composer.get_by_role("button", name="Reply", exact=True).click()
    await inbox.choose_channel("E-mail")
    mailed = await inbox.answer("Thank you! It goes out by 15:00 today.")
    await expect(mailed).to_contain_text("Accepted", timeout=HELD_MS)
    for channel, text in (("Telegram", "It is on its way."), ("Discord", "You will see it soon!")):
        await inbox.choose_channel(channel)
        await expect(await inbox.answer(text)).to_contain_text("Accepted")
    await inbox.choose_channel("Web chat")
    chatted = await inbox.answer("I have just answered your mail.")
    await expect(chatted).to_contain_text(re.compile("Delivered|Read"))
    await _until_read(inbox, "I have just answered")
    conversation = inbox.page.url
    await inbox.open(inbox.row("Комиссия"))
    await inbox.answer("Комиссия сети выросла, мы берём ровно её.")
    await expect(inbox.log).to_contain_text("Accepted", timeout=HELD_MS)
    await _all_write(desk, AFTER)
    await _until_read(inbox, "Комиссия")
    await inbox.page.goto(conversation)
    await _until_read(inbox, "I have just answered")


async def _show_work(inbox: InboxPage, camera: Camera) -> None:
    """The open conversation, and what is done around it."""
    page = inbox.page
    await camera.take(page, "inbox")
    await inbox.person.get_by_role("button", name="Verified").first.click()
    await expect(page.get_by_role("list", name="Grounds")).to_be_visible()
    await camera.take(page, "person")
    await page.keyboard.press("Escape")
    box = inbox.composer.get_by_role("textbox", name="Write a reply")
    await box.fill("/re")
    await expect(page.get_by_role("option", name=str(REPLY["title"]))).to_be_visible()
    await camera.take(page, "composer")
    await page.keyboard.press("Escape")
    await box.fill("")
    await inbox.person.get_by_role("button", name="Merge with another person").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Who is the same person?").fill("Grace")
    await dialog.get_by_role("listitem").get_by_role("button").first.click()
    await expect(dialog).to_contain_text("What comes together")
    await dialog.get_by_label("Reason").fill("She named her transaction on the phone.")
    await camera.take(page, "merge")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await page.set_viewport_size(PHONE)
    await page.reload()
    await expect(inbox.message("I have just answered")).to_be_visible()
    await camera.take(page, "phone")
    await page.set_viewport_size(WIDE)


async def _show_people_who_write(sandbox: SandboxPage, widget: WidgetPage, camera: Camera) -> None:
    await widget.page.bring_to_front()
    await expect(widget.shows("I have just answered your mail.")).to_be_visible()
    await camera.take(widget.page, "widget")
    await sandbox.page.bring_to_front()
    await expect(sandbox.arrived("E-mail").last).to_contain_text("goes out by 15:00 today")
    await expect(sandbox.arrived("Discord").last).to_contain_text("You will see it soon!")
    await sandbox.page.evaluate("scrollTo(0, 0)")
    await camera.take(sandbox.page, "sandbox")


async def _show_screens(inbox: InboxPage, desk: PlayedDesk, camera: Camera) -> None:
    """What stands beside the inbox."""
    page = inbox.page
    await page.goto(f"{desk.url}/search?q=mail")
    await expect(page.locator("article mark").first).to_be_visible()
    await camera.take(page, "search")
    mail = desk.account("email")
    await desk.post(f"/accounts/{mail}/check", {})
    paths = {
        "people": "/people",
        "connectors": "/connectors",
        "account": f"/connectors/{mail}",
    }
    for name, path in paths.items():
        await page.goto(f"{desk.url}{path}")
        await expect(page.locator("main h1")).to_be_visible()
        await camera.take(page, name)


async def _until_read(inbox: InboxPage, text: str) -> None:
    """The dot of the open conversation goes a moment after somebody looked."""
    await expect(inbox.row(text)).to_be_visible()
    await expect(inbox.row(text).get_by_text("unread message")).to_have_count(0)


async def _all_write(desk: PlayedDesk, lines: tuple[Said, ...]) -> None:
    for line in lines:
        await desk.say(
            line.channel,
            line.text,
            person=line.person,
            address=line.address,
            subject=line.subject,
            is_authenticated=line.is_authenticated,
        )


@asynccontextmanager
async def _serve(folder: Path) -> AsyncIterator[Product]:
    product = Product(folder, arguments=["--sandbox"])
    await product.start()
    try:
        await product.until_ready()
        yield product
    finally:
        await product.stop()


if __name__ == "__main__":
    into = Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="onethread-pictures-"))
    home.chmod(0o755)  # PostgreSQL gives up root, and has to enter
    try:
        asyncio.run(main(into, home))
    finally:
        shutil.rmtree(home)
    weigh(into)
