"""Access tokens: renewed in time, one refresh at a time, and withdrawn ones said so."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from connectors.email.authorise import authorise
from connectors.email.config import Config
from connectors.email.connector import EmailConnector
from connectors.email.oauth import TokenSource, provider_of
from connectors.email.sending.compose import Outgoing
from connectors.email.sending.smtp import SmtpServer
from core.clock import FakeClock
from core.errors import AuthRefused, BadConfig, ConnectorError, TransientError
from core.testing.builders import connector_context
from tests.connectors.email.identity_provider import IdentityProvider
from tests.connectors.email.scripted_imap import ScriptedImap, Writer
from tests.connectors.email.scripted_smtp import GOOD, ScriptedSmtp

MAILBOX = {
    "address": "help@desk.example",
    "imap_host": "127.0.0.1",
    "imap_security": "none",
    "smtp_host": "127.0.0.1",
    "smtp_security": "none",
}


class Bench:
    """A token source over a provider, with a clock that stands still."""

    def __init__(self, provider: IdentityProvider, http: aiohttp.ClientSession) -> None:
        self.provider = provider
        self.http = http
        self.clock = FakeClock()
        self.kept: dict[str, str] = {}

    def config(self, oauth: str = "google", **changes: object) -> Config:
        return Config.model_validate(MAILBOX | self.provider.settings(oauth, **changes))

    def source(self, oauth: str = "google", **changes: object) -> TokenSource:
        async def keep(field: str, value: str) -> None:
            self.kept[field] = value

        config = self.config(oauth, **changes)
        return TokenSource(config=config, http=self.http, clock=self.clock, keep_secret=keep)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with IdentityProvider().running() as provider, aiohttp.ClientSession() as http:
        yield Bench(provider, http)


async def test_token_is_asked_for_once_and_renewed_before_it_ends(bench: Bench) -> None:
    source = bench.source()
    assert [await source.token() for _ in range(3)] == ["access-1"] * 3
    await bench.clock.sleep(3600 - 301)
    assert await source.token() == "access-1"
    await bench.clock.sleep(2)
    assert await source.token() == "access-2"


async def test_many_who_want_one_share_a_single_refresh(bench: Bench) -> None:
    source = bench.source()
    bench.provider.is_open.clear()
    wanted = asyncio.gather(*(source.token() for _ in range(20)))
    await asyncio.sleep(0.05)
    bench.provider.is_open.set()
    assert set(await wanted) == {"access-1"}
    assert len(bench.provider.asked) == 1


async def test_request_is_what_the_provider_wants(bench: Bench) -> None:
    await bench.source().token()
    await bench.source("microsoft", oauth_client_secret=None).token()
    google, microsoft = bench.provider.asked
    assert google == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
        "client_id": "client-1",
        "client_secret": "client-secret-1",
    }
    assert "client_secret" not in microsoft
    assert "https://outlook.office.com/SMTP.Send" in microsoft["scope"]
    assert "https://outlook.office.com/IMAP.AccessAsUser.All" in microsoft["scope"]


async def test_renewed_refresh_token_is_kept_and_used_from_then_on(bench: Bench) -> None:
    source = bench.source("microsoft")
    bench.provider.new_refresh_token = "refresh-2"
    await source.token()
    assert bench.kept == {"oauth_refresh_token": "refresh-2"}
    await bench.clock.sleep(3600)
    await source.token()
    assert bench.provider.asked[1]["refresh_token"] == "refresh-2"


async def test_token_of_very_short_life_is_used_for_a_minute(bench: Bench) -> None:
    bench.provider.life = 30
    source = bench.source()
    await source.token()
    await bench.clock.sleep(59)
    assert await source.token() == "access-1"


@pytest.mark.parametrize(
    ("status", "answer", "error", "says"),
    [
        (400, {"error": "invalid_grant"}, AuthRefused, "onethread account authorise"),
        (400, {"error": "interaction_required"}, AuthRefused, "onethread account authorise"),
        (401, {"error": "invalid_client"}, BadConfig, "oauth_client_id"),
        (400, {"error": "unauthorized_client"}, BadConfig, "oauth_client_id"),
        (503, {"error": "temporarily_unavailable"}, TransientError, "for now"),
        (429, {}, TransientError, "for now"),
        (200, {"token_type": "Bearer"}, TransientError, "no access token"),
        (200, {"access_token": "a\r\nb"}, TransientError, "no access token"),
    ],
)
async def test_refusal_is_told_as_what_it_is(
    bench: Bench, status: int, answer: dict[str, Any], error: type[ConnectorError], says: str
) -> None:
    bench.provider.script.append((status, answer))
    with pytest.raises(ConnectorError, match=says) as raised:
        await bench.source().token()
    exact = type(raised.value)
    assert exact is error
    for secret in ("refresh-1", "client-secret-1"):
        assert secret not in str(raised.value) + raised.value.detail


async def test_provider_that_is_away_is_asked_again(bench: Bench) -> None:
    source = bench.source(oauth_token_url="http://127.0.0.1:1/token")
    with pytest.raises(TransientError):
        await source.token()


async def test_account_that_nobody_let_us_into_says_what_to_do(bench: Bench) -> None:
    with pytest.raises(AuthRefused, match="onethread account authorise"):
        await bench.source(oauth_refresh_token=None).token()
    assert bench.provider.asked == []


def xoauth2(token: str) -> str:
    said = f"user=help@desk.example\x01auth=Bearer {token}\x01\x01"
    return f"AUTH XOAUTH2 {base64.b64encode(said.encode()).decode()}"


REFUSED = {
    "EHLO": "250-mx\r\n250 AUTH XOAUTH2 PLAIN",
    "AUTH": "334 eyJzdGF0dXMiOiI0MDAifQ==",
    "": "535 5.7.8 Username and Password not accepted",
}


async def test_mail_is_sent_with_a_token_in_the_place_of_a_password(bench: Bench) -> None:
    async with ScriptedSmtp({**GOOD, "EHLO": REFUSED["EHLO"]}).running() as scripted:
        smtp = server(bench, scripted.port)
        await smtp.send(MAIL)
        await smtp.close()
        assert xoauth2("access-1") in scripted.lines
        assert len(scripted.mails) == 1


async def test_refused_token_is_replaced_once_and_then_the_login_is_refused(bench: Bench) -> None:
    async with ScriptedSmtp(REFUSED).running() as scripted:
        smtp = server(bench, scripted.port)
        with pytest.raises(AuthRefused):
            await smtp.send(MAIL)
        await smtp.close()
        # To the challenge with the error an empty line is said, or the server waits for ever.
        assert [line for line in scripted.lines if not line.startswith("EHLO")] == [
            xoauth2("access-1"),
            "",
            xoauth2("access-2"),
            "",
        ]


async def test_token_that_was_withdrawn_early_does_not_stop_the_mail(bench: Bench) -> None:
    async with ScriptedSmtp({"EHLO": REFUSED["EHLO"]}).running() as scripted:
        scripted.replies[xoauth2("access-1")] = "535 5.7.3 Authentication unsuccessful"
        smtp = server(bench, scripted.port)
        await smtp.send(MAIL)
        await smtp.close()
        assert len(scripted.mails) == 1


MAIL = Outgoing(
    message_id="id@desk.example",
    sender="help@desk.example",
    recipient="ann@people.example",
    raw=b"Subject: s\r\n\r\nhello\r\n",
)


def server(bench: Bench, port: int) -> SmtpServer:
    source = bench.source(smtp_port=port)
    return SmtpServer(config=source.config, clock=bench.clock, tokens=source)


class Person:
    """Does at the terminal what it is told."""

    def __init__(self, answer: str = "") -> None:
        self.told: list[str] = []
        self.answer = answer

    def tell(self, text: str) -> None:
        self.told.append(text)

    async def ask(self, question: str) -> str:
        address = next(one for one in self.told if one.startswith("http"))
        query = parse_qs(urlsplit(address).query)
        return self.answer.replace("STATE", query["state"][0])


async def test_microsoft_lets_us_in_by_a_code_on_another_device(bench: Bench) -> None:
    bench.provider.script += [
        (400, {"error": "authorization_pending"}),
        (400, {"error": "slow_down"}),
        (200, {"access_token": "a", "refresh_token": "refresh-9"}),
    ]
    person = Person()
    config = bench.config("microsoft", oauth_refresh_token=None, oauth_client_secret=None)
    got = await authorise(config, bench.http, bench.clock, person)
    assert got == {"oauth_refresh_token": "refresh-9"}
    assert "ABCD-EFGH" in person.told[0]
    assert bench.provider.asked[-1] == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "device-1",
        "client_id": "client-1",
    }


async def test_google_lets_us_in_by_an_address_that_is_pasted(bench: Bench) -> None:
    bench.provider.new_refresh_token = "refresh-9"
    person = Person("http://127.0.0.1/?state=STATE&code=code-1&scope=mail")
    got = await authorise(bench.config("google"), bench.http, bench.clock, person)
    assert got == {"oauth_refresh_token": "refresh-9"}
    [asked] = bench.provider.asked
    assert (asked["code"], asked["grant_type"]) == ("code-1", "authorization_code")
    assert len(asked["code_verifier"]) >= 43


@pytest.mark.parametrize(
    "pasted",
    ["http://127.0.0.1/?state=other&code=x", "http://127.0.0.1/?code=x", "x", "?error=denied"],
)
async def test_address_that_answers_another_question_is_refused(bench: Bench, pasted: str) -> None:
    with pytest.raises(AuthRefused):
        await authorise(bench.config("google"), bench.http, bench.clock, Person(pasted))
    assert bench.provider.asked == []


@pytest.mark.parametrize("error", ["authorization_declined", "expired_token"])
async def test_code_that_is_declined_or_too_old_says_so(bench: Bench, error: str) -> None:
    bench.provider.script.append((400, {"error": error}))
    with pytest.raises(AuthRefused):
        await authorise(bench.config("microsoft"), bench.http, bench.clock, Person())


async def test_code_that_nobody_enters_is_given_up(bench: Bench) -> None:
    bench.provider.script += [(400, {"error": "authorization_pending"})] * 1000
    with pytest.raises(AuthRefused, match="in time"):
        await authorise(bench.config("microsoft"), bench.http, bench.clock, Person())


async def test_mailbox_with_a_password_needs_nobodys_permission(bench: Bench) -> None:
    config = Config.model_validate({**MAILBOX, "password": "p"})
    with pytest.raises(BadConfig, match="oauth"):
        await authorise(config, bench.http, bench.clock, Person())


def test_providers_are_known_and_every_address_can_be_another() -> None:
    base = {**MAILBOX, "oauth_client_id": "c"}
    microsoft = provider_of(
        Config.model_validate({**base, "oauth": "microsoft", "oauth_tenant": "desk.example"})
    )
    assert microsoft.token_url == (
        "https://login.microsoftonline.com/desk.example/oauth2/v2.0/token"
    )
    google = provider_of(Config.model_validate({**base, "oauth": "google"}))
    assert google.token_url == "https://oauth2.googleapis.com/token"
    assert google.scope == "https://mail.google.com/"


async def test_mailbox_is_read_with_a_token_and_a_refused_one_is_not_shown_again(
    bench: Bench,
) -> None:
    async with ScriptedImap() as imap:
        imap.capabilities = "IMAP4rev1 IDLE SASL-IR AUTH=XOAUTH2"
        shown: list[str] = []

        async def judge(tag: str, writer: Writer) -> bool:
            said = base64.b64decode(imap.commands[-1].split()[-1]).decode()
            shown.append(said.split("Bearer ")[1].strip("\x01"))
            status = "OK" if shown[-1] == "access-2" else "NO"
            writer.write(f"{tag} {status} said\r\n".encode())
            return True

        imap.hooks["AUTHENTICATE"] = judge
        config = bench.config(imap_port=imap.port, smtp_port=1)
        context = connector_context(bench.http, clock=bench.clock)
        made = EmailConnector(config, context)
        try:
            with pytest.raises(ConnectorError):
                await made.open()
            await made.open()
        finally:
            await made.close()
        assert shown == ["access-1", "access-2"]
