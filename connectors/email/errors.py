"""What aiosmtplib, aioimaplib and the network raise, as the errors of the contract."""

import re
import socket
import ssl
from datetime import timedelta
from enum import StrEnum

import aiosmtplib

from core.errors import (
    AuthRefused,
    BadConfig,
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    RecipientGone,
    TransientError,
)

GREYLIST_WAIT = timedelta(minutes=5)
LIMIT_WAIT = timedelta(minutes=5)

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

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_GONE = re.compile(
    r"unknown|no such|does ?n[o']t exist|not exist|invalid (?:recipient|mailbox|address)"
    r"|(?:user|mailbox|recipient|address|account).{0,30}(?:not found|disabled|unavailable|inactive)"
    r"|not (?:our|a) (?:customer|valid)",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\brate|too many|throttl|too fast|frequen|quota exceeded|\blimit", re.IGNORECASE
)
_GREYLIST = re.compile(r"gr[ae]y-?list|try again later|come back", re.IGNORECASE)


_OUT_OF_TIME = (9, 10)
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


class Step(StrEnum):
    """Where in an SMTP session something went wrong."""

    CONNECT = "connect"
    LOGIN = "login"
    MAIL = "mail"
    RECIPIENT = "recipient"
    CONTENT = "content"


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


def from_smtp(error: Exception, step: Step, host: str) -> ConnectorError:
    """What the router shall know of a failure while sending."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        return from_reply(error.code, error.message, step)
    network = from_network(error, f"the outgoing mail server {host}", "smtp_security and smtp_port")
    if step is Step.CONTENT:
        return OutcomeUnknown(
            "The connection broke while the mail was being handed over; it may have gone out.",
            detail=_detail(error),
        )
    return network


def from_reply(code: int, text: str, step: Step) -> ConnectorError:
    """What a refusing reply means (RFC 5321, RFC 3463), by where it came."""
    enhanced = _ENHANCED.search(text)
    status = enhanced[0] if enhanced else ""
    said = f"The mail server says: {code} {' '.join(text.split())[:300]}"
    if code in (530, 534, 535, 538) or (step is Step.LOGIN and code >= 500):
        return AuthRefused("The outgoing mail server refuses the login.", detail=said)
    if code < 500:
        return _try_later(text, status, said)
    match step:
        case Step.RECIPIENT:
            if status.startswith("5.1.") or (not status and _GONE.search(text)):
                return RecipientGone(said)
            if _GONE.search(text) and status in ("5.0.0", "5.2.0", "5.2.1", "5.7.1", "5.4.1"):
                return RecipientGone(said)
            return PermanentError(said)
        case Step.MAIL:
            if code == 552 or status in ("5.3.4", "5.2.3"):
                return ContentRejected(said)
            return BadConfig(
                "The outgoing mail server does not let this login send from this address.",
                detail=said,
            )
        case Step.CONTENT:
            return ContentRejected(said)
        case _:
            return TransientError(said)


def _try_later(text: str, status: str, said: str) -> ConnectorError:
    # 4.1 and 4.2 are about one mailbox (RFC 3463, 3.2 and 3.3): a full one is no limit of ours.
    is_theirs = status.startswith(("4.1.", "4.2."))
    if status == "4.7.28" or (not is_theirs and _LIMIT.search(text)):
        return RateLimited(said, retry_after=LIMIT_WAIT, scope="account")
    if _GREYLIST.search(text):
        return TransientError(said, retry_after=GREYLIST_WAIT)
    return TransientError(said)


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
