"""The ids by which mails name each other: Message-IDs, and the reply token in a plus-address."""

import hashlib
import re

from connectors.email.reading.addresses import (
    LOCAL_PART_LIMIT,
    canonical_domain,
    domain_of,
)
from connectors.email.reading.headers import Headers
from core.addresses import folded_local
from core.messages import ThreadKey

MESSAGE_ID = "message_id"
LOOP_HEADER = "X-Onethread-Loop"
"""Of every mail that we send; its value is the Message-ID's local part."""
REPLY_TOKEN = "reply_token"  # noqa: S105 - the name of a kind, not a secret
MAX_ANSWERS = 50
MAX_TOKENS = 10

MAX_REFERENCES = 200
MAX_ID = 500

_ID = re.compile(r"<([^<>]{1,600})>")
_OWN_ID = re.compile(
    r"onethread\.[0-9a-f]{40}(?:\.(?P<token>[A-Za-z0-9._~=-]{4,60}))?@(?P<domain>.+)"
)
_SES_HOST = re.compile(r"email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com")
_SES_ID = re.compile(r"\bOk ([0-9a-f]{16,40}(?:-[0-9a-f]{2,40}){3,8})\b")
_TOKEN = re.compile(r"[A-Za-z0-9._~=-]{4,60}")
_RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")


def message_id_for(key: str, own_address: str, *, token: str = "") -> str:
    """The id of our message with this key: the same at every attempt.

    The signed token goes in too. An answer then names its case wherever plus-addresses do not
    work, and even if nobody could tell whether the mail had left.
    """
    digest = hashlib.sha256(f"{own_address}\n{key}".encode()).hexdigest()[:40]
    local = f"onethread.{digest}.{token}" if _TOKEN.fullmatch(token) else f"onethread.{digest}"
    return f"{local}@{domain_of(own_address)}"


def is_own_message_id(message_id: str, own_address: str) -> bool:
    match = _OWN_ID.fullmatch(message_id)
    return match is not None and match["domain"].lower() == domain_of(own_address)


def _token_in(message_id: str, own_address: str) -> str | None:
    if not is_own_message_id(message_id, own_address):
        return None
    match = _OWN_ID.fullmatch(message_id)
    return None if match is None else match["token"]


def given_ids(said: str, host: str) -> tuple[str, ...]:
    """The Message-IDs that this relay puts in the place of ours, by its answer to the mail.

    Amazon SES says `Ok 0100…-000000`, and answers will name that with its region's domain.
    """
    relay, found = _SES_HOST.fullmatch(host.lower()), _SES_ID.search(said)
    if relay is None or found is None:
        return ()
    region = "email" if relay[1] == "us-east-1" else relay[1]
    return (f"{found[1]}@{region}.amazonses.com",)


def read_message_id(headers: Headers) -> str | None:
    """Without its brackets; None if there is none that can be read."""
    value = headers.first("message-id")
    ids = _ids(value)
    if ids:
        return ids[0]
    # Some programs write neither brackets nor an at sign; one word is an id all the same.
    word = value.strip(" <>")
    return word if 0 < len(word) <= MAX_ID and " " not in word else None


def read_answered(headers: Headers) -> tuple[list[str], list[str]]:
    """In-Reply-To, and References oldest first."""
    return (
        [one for value in headers.all("in-reply-to")[:1] for one in _ids(value)][:10],
        _references(headers.all("references")[:3]),
    )


def read_answers(headers: Headers, own_address: str) -> tuple[ThreadKey, ...]:
    """What this mail answers, surest first: the token that we signed, then ids, newest first,
    then the tokens in ids of ours.
    """
    in_reply_to, references = read_answered(headers)
    keys = [ThreadKey(REPLY_TOKEN, token) for token in read_reply_tokens(headers, own_address)]
    ids = [*in_reply_to, *reversed(references)]
    found = (_token_in(one, own_address) for one in ids)
    tokens = dict.fromkeys(ThreadKey(REPLY_TOKEN, one) for one in found if one is not None)
    keys += [ThreadKey(MESSAGE_ID, one) for one in ids]
    last = [one for one in list(tokens)[:MAX_TOKENS] if one not in keys]
    return (*tuple(dict.fromkeys(keys))[: MAX_ANSWERS - len(last)], *last)


def read_reply_tokens(headers: Headers, own_address: str) -> list[str]:
    """What follows the plus in our address, wherever the mail was sent to it.

    Only the router can tell whether it signed them.
    """
    local, _, domain = own_address.rpartition("@")
    tokens: list[str] = []
    for name in _RECIPIENT_HEADERS:
        for value in headers.all(name):
            for token in _plus_parts(value, local, domain):
                if token not in tokens and len(tokens) < MAX_TOKENS:
                    tokens.append(token)
    return tokens


def _plus_parts(value: str, local: str, domain: str) -> list[str]:
    """Case kept, unlike in a canonical address: a token may tell cases apart."""
    found: list[str] = []
    for match in re.finditer(r"[^\s<>,;:\"()]{1,320}", value):
        address = match[0]
        name, _, host = address.rpartition("@")
        base, plus, token = name.partition("+")
        if not plus or folded_local(base) != local or not _TOKEN.fullmatch(token):
            continue
        if canonical_domain(host) == domain:
            found.append(token)
    return found


def reply_address(own_address: str, token: str) -> str | None:
    """Our address with the token after a plus; None if it would be too long (RFC 5321, 4.5.3.1)."""
    local, _, domain = own_address.rpartition("@")
    if not _TOKEN.fullmatch(token) or len(local) + 1 + len(token) > LOCAL_PART_LIMIT:
        return None
    return f"{local}+{token}@{domain}"


def is_own_address(address: str, own_address: str) -> bool:
    """Whether mail to it comes to this mailbox: the address itself, or with a plus and a token."""
    local, _, domain = own_address.rpartition("@")
    name, _, host = address.rpartition("@")
    return host == domain and name.partition("+")[0] == local


def _references(values: list[str]) -> list[str]:
    """Of a list that grew too long, its beginning and its end."""
    found = list(dict.fromkeys(one for value in values for one in _ids(value)))
    if len(found) <= MAX_REFERENCES:
        return found
    return [found[0], *found[1 - MAX_REFERENCES :]]


def _ids(value: str) -> list[str]:
    """In brackets, blanks taken out that folding put in; else the words that look like ids.

    Before RFC 822 was common, In-Reply-To was prose: `Your message of Monday from ann@…`.
    """
    found = ["".join(one.split()) for one in _ID.findall(value)]
    if found:
        return [one for one in found if 0 < len(one) <= MAX_ID]
    words = [word.strip("<>,;\"'") for word in value.split()]
    if any("@" not in word for word in words):
        return []
    return [word for word in words if 2 < len(word) <= MAX_ID]
