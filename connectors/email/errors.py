"""What aiosmtplib, aioimaplib and the network raise, as the errors of the contract."""

import re
import socket
import ssl

import aiosmtplib

from connectors.email.sending.refusals import from_reply
from connectors.email.sending.steps import Step
from core.errors import (
    AuthRefused,
    BadConfig,
    ConnectorError,
    TransientError,
)

FOR_NOW = re.compile(
    r"UNAVAILABLE|INUSE|\[LIMIT|SERVERBUG|CONTACTADMIN|temporar|try again|try later|too many"
    r"|simultaneous|maximum number|connection limit|throttl|overquota|bandwidth|not connected"
    r"|is busy|server error|internal error|maintenance|timed? ?out",
    re.IGNORECASE,
)
"""In a refusal of an IMAP server: it is about now, not about us."""
_REFUSED_FOR_GOOD = re.compile(
    r"AUTHENTICATIONFAILED|EXPIRED|password is incorrect|application-specific|app password",
    re.IGNORECASE,
)
"""Whatever else the sentence says: QQ names all its reasons at once, a busy system among them."""

_OUT_OF_TIME = (9, 10)
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


class ImapLost(Exception):
    """The connection is gone, or the server fell silent; it is not to be used again."""


class ImapBusy(ImapLost):
    """The server lets nobody in for now: too many connections, something of it is down."""


class ImapRefused(Exception):
    """The server answered NO or BAD."""


class LoginRefused(ImapRefused):
    """The server refuses our credentials."""


class FolderRefused(ImapRefused):
    """The server does not open a folder."""


class NoEncryption(Exception):
    """STARTTLS is asked for, and the server does not offer it."""


IMAP_FAILURES = (ImapLost, ImapRefused, NoEncryption, OSError, TimeoutError)
"""What a call of an IMAP connection may raise."""


def from_smtp(error: Exception, step: Step, host: str) -> ConnectorError:
    """What the router shall know of a failure while sending, as long as no final dot has left."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        return from_reply(error.code, error.message, step)
    return from_network(error, f"the outgoing mail server {host}", "smtp_security and smtp_port")


def is_clear_refusal(words: str) -> bool:
    """Whether a refused login is about the password, beyond doubt."""
    return bool(_REFUSED_FOR_GOOD.search(words))


def is_for_now(words: str) -> bool:
    """Whether a refusal of an IMAP server may be another answer in a while."""
    return bool(FOR_NOW.search(words)) and not _REFUSED_FOR_GOOD.search(words)


def from_imap(error: Exception, host: str) -> ConnectorError:
    """What the supervisor shall know of a failure while reading."""
    match error:
        case LoginRefused():
            return AuthRefused(
                "The incoming mail server refuses the login."
                f"{_login_advice(str(error), host)} It says: {error}",
                detail=str(error),
            )
        case NoEncryption():
            return BadConfig(
                f"The incoming mail server {host} offers no STARTTLS: set imap_security to tls "
                "(usually port 993)."
            )
        case FolderRefused():
            return TransientError(f"A folder cannot be opened: {error}")
        case ImapRefused():
            return TransientError(f"The incoming mail server refuses a request: {error}")
        case ImapBusy():
            return TransientError(f"The incoming mail server {host} lets nobody in now: {error}")
        case ImapLost():
            return TransientError(f"The connection with {host} ended: {error}")
        case _:
            return from_network(
                error, f"the incoming mail server {host}", "imap_security and imap_port"
            )


def _login_advice(words: str, host: str) -> str:
    """What mostly helps, by the providers whose refusals are known."""
    name = host.lower().rstrip(".")
    if name.endswith(("gmail.com", "googlemail.com")):
        return " Google wants an app password (two-step verification on), or OAuth."
    if name.endswith(("office365.com", "outlook.com", "hotmail.com")):
        return " Microsoft takes no passwords any more: use OAuth."
    if name.endswith(("qq.com", "163.com", "126.com", "yeah.net", "188.com")):
        return " Turn IMAP on in the webmail's settings; the password is its authorization code."
    if name.endswith(("yahoo.com", "aol.com", "icloud.com", "mail.me.com", "yandex.ru", "mail.ru")):
        return " This provider wants an app password."
    if "over this connection" in words:
        return " Set imap_security to tls."
    return ""


def from_network(error: Exception, server: str, settings: str) -> ConnectorError:
    """A failure below the protocol: name look-up, connection, TLS, silence."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        if cause.verify_code in _OUT_OF_TIME:
            # Theirs to renew, and then all goes on: no reason to stop for good.
            return TransientError(
                f"The certificate of {server} is out of date: {cause.verify_message}",
                detail=_detail(error),
            )
        return BadConfig(
            f"The certificate of {server} is not valid for that name: {cause.verify_message}",
            detail=_detail(error),
        )
    if isinstance(cause, ssl.SSLError):
        return BadConfig(
            f"No encrypted connection with {server}: check {settings}.", detail=_detail(error)
        )
    if isinstance(error, aiosmtplib.SMTPException) and "AUTH extension" in str(error):
        return BadConfig(
            f"There is no login at {server}: use tls or starttls, or turn smtp_login off."
        )
    if isinstance(error, aiosmtplib.SMTPException) and "STARTTLS extension" in str(error):
        return BadConfig(f"There is no STARTTLS at {server}: set smtp_security to tls, port 465.")
    if isinstance(cause, socket.gaierror):
        return TransientError(f"The name of {server} is not known.", detail=_detail(error))
    if isinstance(cause, TimeoutError):
        return TransientError(f"There is no answer from {server}.", detail=_detail(error))
    return TransientError(f"The connection with {server} failed.", detail=_detail(error))


def _detail(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
