"""Encrypted connections: upgraded before anything secret is said, and the name is verified."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.email.config import Config
from connectors.email.connector import EmailConnector
from connectors.email.errors import from_imap
from core.errors import BadConfig, TransientError
from core.testing.builders import connector_context
from tests.connectors.email.scripted_imap import ScriptedImap, Writer
from tests.waiting import PATIENCE


def certificate(name: str, *, days_left: int = 1) -> tuple[str, str]:
    """PEM of a certificate that signs itself for this name, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    try:
        shown: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        shown = x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days_left))
        .add_extension(x509.SubjectAlternativeName([shown]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def server_context(folder: Path, pem: tuple[str, str]) -> ssl.SSLContext:
    path = folder / "server.pem"
    path.write_text("".join(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


class StarttlsImap(ScriptedImap):
    """Offers STARTTLS, and takes a login only behind it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__({1: b"From: a@b.example\r\n\r\nhi\r\n"})
        self.capabilities = "IMAP4rev1 IDLE STARTTLS LOGINDISABLED"
        self._context = context
        self.injected = b""
        self.hooks["STARTTLS"] = self._upgrade
        self.logins_in_clear = 0
        self.hooks["LOGIN"] = self._count

    async def _upgrade(self, tag: str, writer: Writer) -> bool:
        writer.write(f"{tag} OK go on\r\n".encode() + self.injected)
        await writer.drain()
        await writer.start_tls(self._context)
        self.capabilities = "IMAP4rev1 IDLE"
        return True

    async def _count(self, tag: str, writer: Writer) -> bool:
        self.logins_in_clear += writer.get_extra_info("sslcontext") is None
        return False


def config(port: int, ca: str, **changes: object) -> Config:
    return Config.model_validate(
        {
            "address": "help@desk.example",
            "imap_host": "127.0.0.1",
            "imap_port": port,
            "imap_security": "starttls",
            "smtp_host": "127.0.0.1",
            "smtp_security": "none",
            "password": "right",
            "ca_certificate": ca,
            **changes,
        }
    )


async def opened(made: Config) -> None:
    async with aiohttp.ClientSession() as http:
        connector = EmailConnector(made, connector_context(http))
        try:
            await connector.open()
        finally:
            await connector.close()


async def test_starttls_is_done_before_the_login(tmp_path: Path) -> None:
    pem = certificate("127.0.0.1")
    async with StarttlsImap(server_context(tmp_path, pem)) as server:
        await opened(config(server.port, pem[0]))
        said = [one.split()[0] for one in server.commands]
        assert said[:4] == ["CAPABILITY", "STARTTLS", "CAPABILITY", "LOGIN"]
        assert server.logins_in_clear == 0


async def test_text_injected_before_the_encryption_ends_the_connection(tmp_path: Path) -> None:
    pem = certificate("127.0.0.1")
    async with StarttlsImap(server_context(tmp_path, pem)) as server:
        server.injected = b"* CAPABILITY IMAP4rev1 "
        with pytest.raises(TransientError):
            await opened(config(server.port, pem[0]))
        assert not [one for one in server.commands if one.startswith("LOGIN")]


@pytest.mark.parametrize("name", ["other.example", "127.0.0.2"])
async def test_certificate_for_another_name_is_refused(tmp_path: Path, name: str) -> None:
    pem = certificate(name)
    async with StarttlsImap(server_context(tmp_path, pem)) as server:
        with pytest.raises(BadConfig, match="not valid for that name"):
            await opened(config(server.port, pem[0]))
        assert not [one for one in server.commands if one.startswith("LOGIN")]


async def test_certificate_that_is_out_of_date_is_waited_out_and_never_skipped(
    tmp_path: Path,
) -> None:
    pem = certificate("127.0.0.1", days_left=-1)
    async with StarttlsImap(server_context(tmp_path, pem)) as server:
        with pytest.raises(TransientError, match="out of date"):
            await opened(config(server.port, pem[0]))
        assert not [one for one in server.commands if one.startswith("LOGIN")]


def test_name_that_nobody_knows_is_told_as_such() -> None:
    found = from_imap(socket.gaierror(socket.EAI_NONAME, "unknown"), "imap.desk.example")
    assert isinstance(found, TransientError)
    assert str(found) == "The name of the incoming mail server imap.desk.example is not known."


async def test_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    pem = certificate("127.0.0.1")
    async with StarttlsImap(server_context(tmp_path, pem)) as server:
        with pytest.raises(BadConfig):
            await opened(config(server.port, ""))


async def test_authority_that_is_no_certificate_is_a_bad_setting() -> None:
    with pytest.raises(BadConfig, match="ca_certificate"):
        await opened(config(1, "not a certificate"))


async def test_tls_at_a_port_without_it_says_what_to_check() -> None:
    async with ScriptedImap() as server:
        with pytest.raises((BadConfig, TransientError)) as raised:
            async with asyncio.timeout(PATIENCE):
                await opened(config(server.port, "", imap_security="tls"))
        assert "imap_security" in str(raised.value)
