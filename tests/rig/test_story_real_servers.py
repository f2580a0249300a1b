"""The same story as in the browser, by the HTTP API and with a real Dovecot and a real Postfix."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from itertools import count
from typing import Any

import aiohttp
import asyncpg
import pytest

from tests import run_folder
from tests.rig.agent import AgentClient
from tests.rig.mail_servers import ANN, BILLING, DESK, MailServers
from tests.rig.product import Product
from tests.rig.signed_visitor import AUDIENCE, KID, SignedVisitor
from tests.waiting import until

SITE_KEY = secrets.token_urlsafe(48)
STATEMENT = bytes(range(256)) * 40
RECEIPT = b"%PDF-1.4 a receipt\n" + secrets.token_bytes(3000)
PATIENCE = 30.0
_numbers = count(1)


@dataclass(slots=True)
class Desk:
    """A production desk, as ops set it up: no sandbox, accounts made on the command line."""

    product: Product
    servers: MailServers
    http: aiohttp.ClientSession
    owner: AgentClient
    database_url: str
    hook_url: str = ""

    async def add(self, channel: str, label: str, config: dict[str, Any]) -> dict[str, Any]:
        path = self.product.folder / f"{label}.json"
        path.write_text(json.dumps(config))
        made: dict[str, Any] = json.loads(
            await self.product.command(
                "account", "add", channel, label, "--config", str(path), "--json"
            )
        )
        return made

    async def sign_in(self) -> SignedVisitor:
        """Ann, at the host's site, which has verified her address."""
        return await SignedVisitor.sign_in(
            self.http,
            self.hook_url,
            key=SITE_KEY,
            account="A-77",
            name="Ann Baker",
            email=ANN.address,
        )

    async def find(self, text: str) -> tuple[int, dict[str, Any]]:
        """The person and the message in which this was said, once it is there."""

        async def look() -> tuple[int, dict[str, Any]] | None:
            for person_id in await self.owner.conversation_ids():
                for message in await self.owner.messages(person_id):
                    if text in message["text"]:
                        return person_id, message
            return None

        found = await until(look, seconds=PATIENCE)
        assert found is not None
        return found

    async def reply(self, person_id: int, text: str, **more: Any) -> dict[str, Any]:
        body = {"client_key": uuid.uuid4().hex, "kind": "reply", "text": text, **more}
        made: dict[str, Any] = await self.owner.get_answer(
            "POST", f"/conversations/{person_id}/messages", body
        )
        return made

    async def upload(self, name: str, content: bytes) -> int:
        async with self.http.post(
            f"{self.owner.url}/api/v1/uploads",
            params={"name": name, "media_type": "application/pdf"},
            data=content,
            headers=self.owner.headers,
        ) as response:
            assert response.status == 201, await response.text()
            return int((await response.json())["id"])

    async def download(self, attachment_id: int) -> bytes:
        async with self.http.get(
            f"{self.owner.url}/api/v1/attachments/{attachment_id}", headers=self.owner.headers
        ) as response:
            assert response.status == 200, await response.text()
            return await response.read()

    async def age(self, text: str) -> None:
        """An hour passes for what was sent with this text: nobody waits for it in a test."""
        connection = await asyncpg.connect(self.database_url)
        try:
            await connection.execute(
                "update deliveries set state_at = state_at - interval '1 hour' where text = $1",
                text,
            )
        finally:
            await connection.close()

    async def readiness(self) -> dict[str, Any]:
        async with self.http.get(f"{self.product.url}/readyz") as response:
            assert response.status == 200
            found: dict[str, Any] = await response.json()
            return found


@pytest.fixture
async def desk(mail: MailServers, database_url: str) -> AsyncIterator[Desk]:
    """Served, with its first agent, a mailbox and a site."""
    # The run's folder is shared by its workers.
    folder = run_folder.path() / f"real-{os.getpid()}-{next(_numbers)}"
    product = Product(folder, database_url=database_url)
    await product.start()
    try:
        await product.until_ready()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            owner = AgentClient(http, product.url)
            await owner.set_up(await product.setup_link(), "owner@desk.example")
            made = Desk(product, mail, http, owner, database_url)
            await made.add("email", "Support", mailbox_config(mail))
            site = await made.add(
                "webchat",
                "Site",
                {
                    "site": "story.example",
                    "audience": AUDIENCE,
                    "keys": [{"kid": KID, "algorithm": "HS256", "key": SITE_KEY}],
                    "continue_by": "Support",
                    "continue_after_minutes": 30,
                },
            )
            made.hook_url = site["hook_url"]
            await until(_runs(made, 2), seconds=PATIENCE)
            yield made
    finally:
        await product.stop()
    shutil.rmtree(product.folder)


async def test_one_person_by_chat_and_real_mail_is_one_conversation_answered_on_each(
    desk: Desk,
) -> None:
    servers = desk.servers
    ann = await desk.sign_in()
    await ann.say("My withdrawal is on hold.", files={"statement.bin": STATEMENT})
    person, chatted = await desk.find("My withdrawal is on hold.")
    mail = write("My withdrawal", "Here is the receipt.")
    mail.add_attachment(RECEIPT, maintype="application", subtype="pdf", filename="receipt.pdf")

    # Written from the address that the site verified, and authenticated: the same conversation.
    await servers.deliver(mail)
    owner_of_mail, mailed = await desk.find("Here is the receipt.")
    assert owner_of_mail == person
    assert mailed["case_id"] == chatted["case_id"]
    assert (mailed["channel"], mailed["is_claimed"]) == ("email", False)
    assert chatted["channel"] == "webchat"
    assert await desk.download(chatted["attachments"][0]["id"]) == STATEMENT
    assert await desk.download(mailed["attachments"][0]["id"]) == RECEIPT

    # The same From by a stranger's server: somebody else, whatever they write.
    await servers.deliver(write("My withdrawal", "Pay it out to me."), authentic=False)
    stranger, forged = await desk.find("Pay it out to me.")
    assert stranger != person
    assert forged["is_claimed"] is True
    assert forged["warnings"]

    # An answer on each channel, with a file on each.
    sent = await desk.reply(
        person,
        "The operator was asked.",
        place_id=mailed["place_id"],
        attachment_ids=[await desk.upload("protocol.pdf", RECEIPT)],
    )
    arrived = await servers.wait_for(ANN, has_text("The operator was asked."))
    assert arrived["Subject"] == "Re: My withdrawal"
    assert arrived["In-Reply-To"] == mail["Message-ID"]
    assert mail["Message-ID"] in arrived["References"]
    reply_to = parseaddr(arrived["Reply-To"])[1]
    assert reply_to.startswith("desk+")
    assert reply_to.endswith("@mail.test")
    [file] = arrived.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("protocol.pdf", RECEIPT)
    await desk.reply(
        person,
        "It is released.",
        place_id=chatted["place_id"],
        attachment_ids=[await desk.upload("release.pdf", STATEMENT)],
    )
    [heard] = await until(ann.answers, seconds=PATIENCE)
    assert heard["text"] == "It is released."
    assert await ann.file(heard["files"][0]["id"]) == STATEMENT

    # She answers that mail: to the address that it names, about the same matter.
    answer = write("Re: My withdrawal", "Thank you, it has arrived.")
    answer.replace_header("To", reply_to)
    answer["In-Reply-To"] = arrived["Message-ID"]
    answer["References"] = arrived["Message-ID"]
    await servers.deliver(answer, to=[reply_to])
    who, thanked = await desk.find("Thank you, it has arrived.")
    assert (who, thanked["case_id"]) == (person, mailed["case_id"])
    assert sent["case_id"] == mailed["case_id"]
    assert await desk.owner.conversation_ids() == [person, stranger]
    assert len([one for one in await servers.read(ANN) if one["From"]]) == 1

    # She never came back to the chat: what stands unread there comes by mail, as from a machine.
    await desk.age("It is released.")
    letter = await servers.wait_for(ANN, has_text("It is released."))
    assert letter["Auto-Submitted"] == "auto-generated"
    assert has_text(f"{desk.product.url}/notices/")(letter)
    assert not has_text("The operator was asked.")(letter)
    # Her answer to the letter is of the same matter, stands in the chat, and is proof of reading.
    reply_to = parseaddr(letter["Reply-To"])[1]
    answer = write(f"Re: {letter['Subject']}", "I saw it in my mail.")
    answer.replace_header("To", reply_to)
    answer["In-Reply-To"] = letter["Message-ID"]
    await servers.deliver(answer, to=[reply_to])
    who, seen = await desk.find("I saw it in my mail.")
    assert (who, seen["case_id"]) == (person, chatted["case_id"])

    async def is_followed() -> bool:
        told = [one["text"] for one in await ann.stream()]
        said = await desk.owner.messages(person)
        [released] = [one for one in said if one["text"] == "It is released."]
        states = {one["state"] for one in released["deliveries"]}
        return "I saw it in my mail." in told and states == {"read"}

    await until(is_followed, seconds=PATIENCE)


async def test_answer_to_a_solved_case_still_finds_the_conversation(desk: Desk) -> None:
    await desk.servers.deliver(write("A question", "How long does it take?"))
    person, asked = await desk.find("How long does it take?")
    await desk.reply(person, "One day.")
    arrived = await desk.servers.wait_for(ANN, has_text("One day."))
    await desk.owner.get_answer("POST", f"/cases/{asked['case_id']}", {"state": "solved"})
    reply_to = parseaddr(arrived["Reply-To"])[1]
    answer = write("Re: A question", "It has been two days.")
    answer.replace_header("To", reply_to)

    await desk.servers.deliver(answer, to=[reply_to])

    who, _ = await desk.find("It has been two days.")
    assert who == person


async def test_wrong_password_pauses_that_account_everywhere_visible_and_the_rest_runs_on(
    desk: Desk,
) -> None:
    config = mailbox_config(desk.servers) | {"address": BILLING.address, "password": "wrong"}

    account = await desk.add("email", "Billing", config)

    async def paused() -> dict[str, Any] | None:
        listed = (await desk.owner.get_answer("GET", "/accounts"))["accounts"]
        return next((one for one in listed if one["state"] == "paused"), None)

    seen = await until(paused, seconds=PATIENCE)
    assert seen is not None
    assert seen["id"] == account["id"]
    assert seen["paused_reason"]
    ready = await desk.readiness()
    assert ready["status"] == "degraded"
    assert [one["account_id"] for one in ready["paused_accounts"]] == [account["id"]]
    said = json.loads(await desk.product.command("doctor", "--json", status=1))
    [fault] = [one for one in said["findings"] if one["level"] == "fault"]
    assert fault["name"] == "account Billing"
    assert seen["paused_reason"] in fault["detail"]
    assert f"account resume {account['id']}" in fault["fix"]
    await desk.servers.deliver(write("Hello", "Does the other one still run?"))
    await desk.find("Does the other one still run?")

    # Mended, as doctor said.
    await desk.owner.get_answer(
        "PATCH", f"/accounts/{account['id']}", {"config": config | {"password": BILLING.password}}
    )
    await desk.product.command("account", "check", str(account["id"]))
    await desk.product.command("account", "resume", str(account["id"]))
    await until(_runs(desk, 3), seconds=PATIENCE)  # it reads what comes from then on
    await desk.servers.deliver(write("Hello", "Billing is back."), to=[BILLING.address])
    await desk.find("Billing is back.")
    assert (await desk.readiness())["status"] == "ready"


def mailbox_config(servers: MailServers) -> dict[str, Any]:
    """As ops write it for the desk's own mailbox."""
    return {
        "address": DESK.address,
        "display_name": "Story desk",
        "imap_host": servers.host,
        "imap_port": servers.imap_port,
        "imap_security": "none",
        "smtp_host": servers.host,
        "smtp_port": servers.submission_port,
        "smtp_security": "none",
        "password": DESK.password,
        "authserv_ids": [servers.authserv_id],
    }


def write(subject: str, text: str) -> EmailMessage:
    """A mail from Ann to the desk."""
    mail = EmailMessage()
    mail["From"] = f"Ann Baker <{ANN.address}>"
    mail["To"] = DESK.address
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{uuid.uuid4().hex}@people.test>"
    mail["Date"] = "Sun, 22 Nov 2026 04:00:00 +0000"
    mail.set_content(text)
    return mail


def has_text(text: str) -> Callable[[EmailMessage], bool]:
    def look(mail: EmailMessage) -> bool:
        body = mail.get_body(("plain",))
        return body is not None and text in body.get_content()

    return look


def _runs(desk: Desk, accounts: int) -> Callable[[], Any]:
    async def look() -> bool:
        listed = (await desk.owner.get_answer("GET", "/accounts"))["accounts"]
        healths = [one["health"]["state"] for one in listed]
        return healths == ["running"] * accounts

    return look
