"""The pictures of the README: `python -m tests.browser.pictures docs/images`.

Nothing on them is painted: a served sandbox, people who write, an agent who answers.
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

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser.conftest import ARGUMENTS
from tests.browser.desk import PlayedDesk
from tests.browser.newcomer import InboxPage, SandboxPage, WidgetPage
from tests.real import require_program
from tests.rig.product import Product

GRACE = "Grace Hopper"
GRACE_MAIL = "grace@people.example"
TRAVELLING = "I am travelling today, please write to me here."
ASKING = "Any news?"
WIDE = {"width": 1360, "height": 840}
PHONE = {"width": 390, "height": 844}
HELD_MS = 30_000
"""An answer by mail can be taken back for ten seconds before it goes out."""
MOST_BYTES = 220_000


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
        address="орлов@people.example",
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
    """Every picture is in `folder`; the desk lived in `home`."""
    async with _serve(home) as product, async_playwright() as playwright:
        program = require_program("chromium")
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        context = await _profile(browser, WIDE)
        page = await context.new_page()
        await _take(page, folder / "setup.png", await product.setup_link())
        await _play(PlayedDesk(product, context), InboxPage(page), folder)
        conversation = page.url
        await _again(browser, context, folder / "inbox-dark.png", conversation, WIDE, dark=True)
        await _again(browser, context, folder / "phone.png", conversation, PHONE, dark=False)
        await browser.close()


def weigh(folder: Path) -> None:
    for path in sorted(folder.glob("*.png")):
        size = path.stat().st_size
        print(f"{path.name}: {size // 1000} kB")
        assert size <= MOST_BYTES, f"{path.name} is too large for a README"


async def _play(desk: PlayedDesk, inbox: InboxPage, folder: Path) -> None:
    """Everybody writes, and the agent answers Grace on every channel."""
    await desk.sign_up()
    await _all_write(desk, BEFORE)
    await inbox.page.goto(f"{desk.url}/inbox/open")
    sandbox = SandboxPage(await inbox.page.context.new_page())
    await sandbox.page.set_viewport_size({"width": 1000, "height": 1560})
    await sandbox.page.goto(f"{desk.url}/sandbox")
    widget = WidgetPage(await sandbox.open_site(GRACE))
    await widget.page.set_viewport_size({"width": 1100, "height": 720})
    await widget.open()
    await widget.say("Hi! My withdrawal of 250 USDT is on hold.")
    await expect(widget.page.get_by_text("Sent", exact=True)).to_be_visible()

    await inbox.page.bring_to_front()
    await inbox.open(inbox.row("250 USDT"))
    await inbox.page.get_by_role("button", name="Assign to me").click()
    await sandbox.mail(
        "It is the transaction 4f2a91c0.",
        subject="Withdrawal on hold",
    )
    await inbox.page.bring_to_front()
    await expect(inbox.message("4f2a91c0")).to_be_visible()
    for network, text in (("Telegram", TRAVELLING), ("Discord", ASKING)):
        await sandbox.page.bring_to_front()
        await sandbox.write(network, text)
        await inbox.page.bring_to_front()
        await expect(inbox.row(text)).to_be_visible()
        await inbox.merge("Grace", "She named her transaction.")
        await expect(inbox.message(text)).to_be_visible()
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
    await expect(inbox.log).to_contain_text("Failed", timeout=HELD_MS)
    await _all_write(desk, AFTER)
    await _until_read(inbox, "Комиссия")
    await inbox.page.goto(conversation)
    await _until_read(inbox, "I have just answered")
    await _take(inbox.page, folder / "inbox.png", conversation)
    await widget.page.bring_to_front()
    await expect(widget.shows("I have just answered your mail.")).to_be_visible()
    await _take(widget.page, folder / "widget.png")
    await sandbox.page.bring_to_front()
    await expect(sandbox.arrived("E-mail")).to_contain_text("goes out by 15:00 today")
    await expect(sandbox.arrived("Discord")).to_contain_text("You will see it soon!")
    await sandbox.page.evaluate("scrollTo(0, 0)")
    await _take(sandbox.page, folder / "sandbox.png")
    await inbox.page.goto(conversation)


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


async def _again(
    browser: Browser,
    signed_in: BrowserContext,
    path: Path,
    url: str,
    size: dict[str, int],
    *,
    dark: bool,
) -> None:
    """The same page for another eye, signed in by the same cookie."""
    context = await _profile(browser, size, dark=dark)
    await context.add_cookies(await signed_in.cookies())  # type: ignore[arg-type]  # as they came
    page = await context.new_page()
    await _take(page, path, url)
    await context.close()


async def _profile(browser: Browser, size: dict[str, int], *, dark: bool = False) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        locale="en-GB",
        timezone_id="UTC",
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(30_000)
    return context


async def _take(page: Page, path: Path, url: str | None = None) -> None:
    if url is not None:
        await page.goto(url)
    await page.mouse.move(0, 0)
    await page.wait_for_load_state("networkidle")
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=path, animations="disabled")


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
