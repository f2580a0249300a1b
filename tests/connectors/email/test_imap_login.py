"""Getting in, with a password or a token; and a refusal is told for what it is."""

import base64
import json

import pytest

from connectors.email.errors import ImapBusy, ImapLost, ImapRefused, LoginRefused, from_imap
from connectors.email.imap.connection import ImapConnection
from core.errors import AuthRefused, TransientError
from core.testing.sink import RecordingSink
from tests.connectors.email.identity_provider import IdentityProvider
from tests.connectors.email.imap_reading import answering, connect, connector
from tests.connectors.email.scripted_imap import ScriptedImap, Writer

GOOD = base64.b64encode(b"user=help@desk.example\x01auth=Bearer fresh\x01\x01")
REFUSAL = base64.b64encode(json.dumps({"status": "400", "schemes": "Bearer"}).encode())


class TokenImap(ScriptedImap):
    """Takes one token, with its challenge before or without; refuses others as Google does."""

    def __init__(self, capabilities: str) -> None:
        super().__init__()
        self.capabilities = f"IMAP4rev1 IDLE AUTH=XOAUTH2 {capabilities}"
        self.hooks["AUTHENTICATE"] = self._authenticate
        self.after_challenge: list[bytes] = []

    async def _authenticate(self, tag: str, writer: Writer) -> bool:
        _, _, response = self.commands[-1].partition("XOAUTH2")
        if not response.strip():
            writer.write(b"+ \r\n")
            self.awaits = (tag, "response")
        else:
            self._judge(tag, response.strip().encode(), writer)
        return True

    def _judge(self, tag: str, response: bytes, writer: Writer) -> None:
        if response == GOOD:
            writer.write(f"{tag} OK in\r\n".encode())
            self.awaits = None
            return
        writer.write(b"+ " + REFUSAL + b"\r\n")
        self.awaits = (tag, "empty")

    awaits: tuple[str, str] | None = None

    async def _answer(self, text: str, reader: object, writer: Writer) -> None:
        if self.awaits is None:
            await super()._answer(text, reader, writer)  # type: ignore[arg-type]  # passed on
            return
        (tag, what), self.awaits = self.awaits, None
        if what == "response":
            self._judge(tag, text.encode(), writer)
            return
        self.after_challenge.append(text.encode())
        writer.write(f"{tag} NO SASL authentication failed\r\n".encode())


async def fresh() -> str:
    return "fresh"


async def stale() -> str:
    return "stale"


@pytest.mark.parametrize("capabilities", ["SASL-IR", ""])
async def test_token_lets_us_in(capabilities: str) -> None:
    async with TokenImap(capabilities) as server:
        connection = await connect(server, access_token=fresh)
        await connection.open("INBOX")
        connection.abort()


@pytest.mark.parametrize("capabilities", ["SASL-IR", ""])
async def test_refused_token_is_a_refused_login_and_its_challenge_is_answered(
    capabilities: str,
) -> None:
    async with TokenImap(capabilities) as server:
        with pytest.raises(LoginRefused, match=r"authentication failed \(status 400\)"):
            await connect(server, access_token=stale)
        assert server.after_challenge == [b""]


async def test_token_is_asked_for_at_each_login() -> None:
    asked = []

    async def token() -> str:
        asked.append(1)
        return "fresh"

    async with TokenImap("SASL-IR") as server:
        for _ in range(2):
            (await connect(server, access_token=token)).abort()
    assert len(asked) == 2


async def test_source_of_tokens_that_refuses_is_heard() -> None:
    async def withdrawn() -> str:
        raise AuthRefused("withdrawn")

    async with TokenImap("SASL-IR") as server:
        with pytest.raises(AuthRefused, match="withdrawn"):
            await connect(server, access_token=withdrawn)


async def test_password_beyond_ascii_goes_by_sasl() -> None:
    async with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1 AUTH=PLAIN SASL-IR"
        (await connect(server, password="pässwört")).abort()
        (asked,) = server.asked("AUTHENTICATE")
        coded = asked.rpartition(" ")[2]
        assert base64.b64decode(coded).decode() == "\0help@desk.example\0pässwört"


async def test_server_without_login_gets_plain_or_nothing() -> None:
    async with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1 LOGINDISABLED AUTH=PLAIN SASL-IR"
        (await connect(server)).abort()
        assert not server.asked("LOGIN")
        server.capabilities = "IMAP4rev1 LOGINDISABLED"
        with pytest.raises(LoginRefused, match="takes no password"):
            await connect(server)


async def test_server_that_wants_to_know_who_we_are_is_told_before_a_folder_is_opened() -> None:
    """NetEase: "SELECT Unsafe Login" otherwise."""

    async def unsafe(tag: str, writer: Writer) -> bool:
        if server.asked("ID "):
            return False
        writer.write(f"{tag} NO EXAMINE Unsafe Login. Please contact kefu@188.com\r\n".encode())
        return True

    async with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1 IDLE ID"
        server.hooks["EXAMINE"] = unsafe
        connection = await connect(server)
        await connection.open("INBOX")
        connection.abort()
    assert server.asked("ID ") == ['ID ("name" "onethread" "vendor" "onethread" "version" "1")']


async def test_refused_id_is_no_trouble() -> None:
    async with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1 ID"
        server.hooks["ID"] = answering(b"TAG BAD what\r\n")
        (await connect(server)).abort()


@pytest.mark.parametrize(
    "said",
    [
        "[UNAVAILABLE] backend down",
        "[ALERT] Too many simultaneous connections. (Failure)",
        "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        "User is authenticated but not connected.",
        "Request is throttled. Suggested Backoff Time: 12345 milliseconds",
        "[LIMIT] enough",
    ],
)
async def test_refusal_for_now_is_tried_again(said: str) -> None:
    async with ScriptedImap() as server:
        server.hooks["LOGIN"] = answering(b"TAG NO " + said.encode() + b"\r\n")
        with pytest.raises(ImapBusy) as raised:
            await connect(server)
    found = from_imap(raised.value, "imap.example.com")
    assert isinstance(found, TransientError)
    assert "lets nobody in now" in str(found)


@pytest.mark.parametrize(
    ("said", "host", "advice"),
    [
        ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", "imap.gmail.com", "app password"),
        ("LOGIN failed.", "outlook.office365.com", "use OAuth"),
        (
            "Login fail. Account is abnormal, service is not open, password is incorrect, login"
            " frequency limited, or system is busy. More information at https://example.com",
            "imap.qq.com",
            "authorization code",
        ),
        ("[AUTHENTICATIONFAILED] wrong", "mail.example.com", "It says:"),
    ],
    ids=["gmail", "microsoft", "qq", "plain"],
)
async def test_refusal_for_good_is_said_with_what_helps(said: str, host: str, advice: str) -> None:
    async with ScriptedImap() as server:
        server.hooks["LOGIN"] = answering(b"TAG NO " + said.encode() + b"\r\n")
        with pytest.raises(LoginRefused) as raised:
            await connect(server)
    found = from_imap(raised.value, host)
    assert isinstance(found, AuthRefused)
    assert advice in str(found)


async def test_vague_refusal_of_a_login_that_has_worked_is_believed_only_after_a_while() -> None:
    async with ScriptedImap() as server, connector(server) as made:
        await made.check()
        server.hooks["LOGIN"] = answering(b"TAG NO LOGIN failed.\r\n")
        for _ in range(7):
            with pytest.raises(TransientError):
                await made.check()
        with pytest.raises(AuthRefused):
            await made.check()


async def test_clear_refusal_of_a_login_that_has_worked_is_believed_at_once() -> None:
    async with ScriptedImap() as server, connector(server) as made:
        await made.check()
        server.password = "changed"
        with pytest.raises(AuthRefused):
            await made.check()


async def test_greeting_that_says_too_many_is_told_so() -> None:
    async with ScriptedImap() as server:
        server.greeting = b"* BYE Too many connections from your address\r\n"
        with pytest.raises(ImapBusy):
            await connect(server)


async def test_server_that_greets_nobody_is_given_up() -> None:
    async with ScriptedImap() as server:
        server.greeting = b""
        with pytest.raises(ImapLost, match="no greeting"):
            await connect(server, silence=0.05)


async def test_server_that_only_speaks_utf8_is_switched_to_it() -> None:
    async with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1 ENABLE UTF8=ONLY"
        (await connect(server)).abort()
        assert server.asked("ENABLE") == ["ENABLE UTF8=ACCEPT"]


async def test_answers_in_lower_case_are_answers() -> None:
    async with ScriptedImap() as server:
        server.hooks["NOOP"] = answering(b"TAG no sorry\r\n")
        connection: ImapConnection = await connect(server)
        with pytest.raises(ImapRefused, match="sorry"):
            await connection.noop()


async def test_refused_token_of_a_mailbox_that_was_open_is_followed_by_a_new_one() -> None:
    async with IdentityProvider().running() as provider, TokenImap("SASL-IR") as server:
        good: list[str] = []

        async def judge(tag: str, writer: Writer) -> bool:
            shown = base64.b64decode(server.commands[-1].split()[-1]).decode()
            is_good = any(f"Bearer {token}\x01" in shown for token in good)
            word = "OK in" if is_good else "NO [AUTHENTICATIONFAILED] Invalid credentials"
            writer.write(f"{tag} {word}\r\n".encode())
            return True

        server.hooks["AUTHENTICATE"] = judge
        good.append("access-1")
        async with connector(server, **provider.settings()) as made:
            await made.check()
            good[:] = ["access-2"]
            with pytest.raises(TransientError):
                await made.check()
            await made.check()
        assert provider.given == ["access-1", "access-2"]


async def test_permission_that_was_withdrawn_stops_the_account() -> None:
    async with IdentityProvider().running() as provider, TokenImap("SASL-IR") as server:
        provider.script.append((400, {"error": "invalid_grant"}))
        async with connector(server, **provider.settings()) as made:
            with pytest.raises(AuthRefused, match="withdrawn"):
                await made.receive(RecordingSink(), {})
