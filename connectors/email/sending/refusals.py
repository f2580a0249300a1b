"""What a refusing reply of an SMTP server means, in a sentence for the agent. Pure."""

import re
from datetime import timedelta

from connectors.email.kinds.status import enhanced_code, status_of
from connectors.email.sending.steps import Step
from core.errors import (
    AuthRefused,
    BadConfig,
    ConnectorError,
    ContentRejected,
    GoneBecause,
    PermanentError,
    RateLimited,
    RecipientGone,
    TransientError,
)

GREYLIST_WAIT = timedelta(minutes=5)
LIMIT_WAIT = timedelta(minutes=5)
MAX_QUOTED = 300

_LIMIT = re.compile(
    r"\brate|too many|throttl|too fast|frequen|quota exceeded|\blimit|concurren", re.IGNORECASE
)
_GREYLIST = re.compile(r"gr[ae]y-?list|try again later|come back", re.IGNORECASE)
_OUR_OWN = re.compile(r"\b(?:sending|sender|outgoing|daily|hourly|your)\b", re.IGNORECASE)

# By subject and detail of RFC 3463, or the subject alone: what an agent can make of it.
_SENTENCES = {
    "1": "The address is not accepted.",
    "1.1": "This address does not exist.",
    "1.2": "The domain of this address does not exist.",
    "1.3": "This address is not well formed.",
    "1.6": "This mailbox has moved and left no new address.",
    "1.10": "This domain takes no mail.",
    "2": "Their mailbox does not take it.",
    "2.1": "This mailbox is switched off.",
    "2.2": "Their mailbox is full.",
    "2.3": "The mail is larger than their mailbox takes.",
    "3": "Their mail system does not take it.",
    "3.4": "The mail is larger than the mail server takes.",
    "4": "The mail cannot be brought there.",
    "5": "The mail servers do not understand each other.",
    "6": "The mail server does not take this content.",
    "6.7": "The mail server takes no address with letters outside ASCII before the @.",
    "6.9": "Their mail server takes no address with letters outside ASCII before the @.",
    "7": "The mail is refused by policy.",
    "7.1": "The mail is refused by policy.",
    "7.26": "The mail is refused: it is not signed for its domain (SPF, DKIM, DMARC).",
    "7.27": "The mail is refused: it is not signed for its domain (SPF, DKIM, DMARC).",
    "7.509": "The mail is refused: it is not signed for its domain (SPF, DKIM, DMARC).",
}
_GONE = ("1.1", "1.2", "1.6", "1.10", "2.1")
"""Nobody will ever be reached there by trying again."""


def from_reply(code: int, text: str, step: Step) -> ConnectorError:
    """By the step at which it came (RFC 5321) and the enhanced code (RFC 3463), said or derived."""
    quoted = f"The mail server says: {code} {' '.join(text.split())[:MAX_QUOTED]}"
    if code in (530, 534, 535, 538) or (step is Step.LOGIN and code >= 500):
        return AuthRefused("The outgoing mail server refuses the login.", detail=quoted)
    status = enhanced_code(text)
    if status is None or status[0] == "2":
        status = status_of(text, action="delayed" if code < 500 else "failed")
    said = f"{_sentence(status)} {quoted}" if code >= 500 else quoted
    if code < 500:
        return _try_later(text, status, said)
    match step:
        case Step.RECIPIENT if _topic(status) in _GONE or status.startswith("5.1."):
            return RecipientGone(said, because=GoneBecause.BOUNCED)
        case Step.RECIPIENT:
            return PermanentError(said)
        case Step.MAIL if code == 552 or status in ("5.3.4", "5.2.3"):
            return ContentRejected(said)
        case Step.MAIL:
            return BadConfig(
                "The outgoing mail server does not let this login send from this address.",
                detail=quoted,
            )
        case Step.CONTENT:
            return ContentRejected(said)
        case _:
            return TransientError(quoted)


def _topic(status: str) -> str:
    return status.partition(".")[2]


def _sentence(status: str) -> str:
    topic = _topic(status)
    known = _SENTENCES.get(topic) or _SENTENCES.get(topic.partition(".")[0])
    return known or "The mail server refuses the mail."


def _try_later(text: str, status: str, said: str) -> ConnectorError:
    # 4.1 and 4.2 are about one mailbox (RFC 3463, 3.2 and 3.3): a full one is no limit of ours.
    is_theirs = status.startswith(("4.1.", "4.2.")) and not _OUR_OWN.search(text)
    if status == "4.7.28" or (not is_theirs and _LIMIT.search(text)):
        return RateLimited(said, retry_after=LIMIT_WAIT, scope="account")
    if _GREYLIST.search(text):
        return TransientError(said, retry_after=GREYLIST_WAIT)
    return TransientError(said)
