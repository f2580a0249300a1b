"""What the header of a mail alone tells: who wrote, where, when, and under which ids."""

import unicodedata
from dataclasses import dataclass

import msgspec

from connectors.email.reading.addresses import Mailbox, domain_of, read_addresses, without_hidden
from connectors.email.reading.dates import sent_at as sent_at
from connectors.email.reading.headers import Headers
from connectors.email.thread_keys import MESSAGE_ID, is_own_address, read_message_id
from connectors.email.trust.authentication import (
    Authentication,
    Source,
    Trust,
    authenticate,
    read_author,
)
from core.addresses import readable_address
from core.ids import RemotePlace, digest
from core.messages import Participant, Place, PlaceKind, Sender, ThreadKey, scrub

REALM = "email"
MEDIA_TYPE = "message/rfc822"
MAX_PARTICIPANTS = 100
MAX_SUBJECT = 1000


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the conversion must know of the mailbox that the mails come from."""

    own_address: str
    authserv_ids: tuple[str, ...] = ()
    arc_sealers: tuple[str, ...] = ()
    verifies_signatures: bool = False
    own_lists: tuple[str, ...] = ()
    """Lists and groups through which people write to this mailbox."""

    @property
    def trust(self) -> Trust:
        return Trust(
            authserv_ids=self.authserv_ids,
            arc_sealers=self.arc_sealers,
            verifies_signatures=self.verifies_signatures,
            own_domain=domain_of(self.own_address),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote, where their conversation with this mailbox is, and how far that is proven."""

    sender: Sender
    place: Place
    authentication: Authentication


def author_of(headers: Headers, reading: Reading, source: Source | None = None) -> Author | None:
    """None if the mail names nobody. Without a source no signature is verified."""
    author = read_author(headers)
    if author.mailbox is None:
        return None
    authentication = authenticate(headers, author, reading.trust, source)
    sender = Sender(
        realm=REALM,
        handle=author.mailbox.address,
        shown_as=_shown_as(author.mailbox, reading.own_address),
        evidence=(authentication.evidence,),
    )
    return Author(
        sender=sender, place=place_of(author.mailbox.address), authentication=authentication
    )


def _shown_as(mailbox: Mailbox, own_address: str) -> str:
    """The name that they chose, unless it looks like an address: it may be somebody else's."""
    name = scrub(mailbox.name)
    is_address = "@" in unicodedata.normalize("NFKC", name)
    if name and not is_address:
        return name
    return readable_address(mailbox.address, domain_of(own_address))


def place_of(address: str) -> Place:
    """Where this mailbox and that person talk.

    One place per counterpart, not per mail thread: a lane keeps the order of what one person gets
    from one mailbox, over all threads; which thread a mail belongs to is what thread keys say, and
    subjects and References are too easily wrong to hang a lane on.
    """
    return Place(
        remote=RemotePlace(address), kind=PlaceKind.MAIL_THREAD, title=readable_address(address)
    )


def place_of_recipient(headers: Headers, reading: Reading) -> Place | None:
    """Of a mail that one of us sent from another program: with whom it talks."""
    for mailbox in _recipients(headers):
        if not is_own_address(mailbox.address, reading.own_address):
            return place_of(mailbox.address)
    return None


def _recipients(headers: Headers) -> list[Mailbox]:
    return [
        mailbox
        for name in ("to", "cc")
        for value in headers.raw_all(name)
        for mailbox in read_addresses(value).mailboxes
    ]


def participants_of(headers: Headers, sender: str, reading: Reading) -> tuple[Participant, ...]:
    found: dict[str, Participant] = {}
    for mailbox in _recipients(headers):
        if mailbox.address == sender or is_own_address(mailbox.address, reading.own_address):
            continue
        name = _shown_as(mailbox, reading.own_address)
        found.setdefault(
            mailbox.address, Participant(realm=REALM, handle=mailbox.address, shown_as=name)
        )
    return tuple(found.values())[:MAX_PARTICIPANTS]


def own_keys(headers: Headers) -> tuple[ThreadKey, ...]:
    message_id = read_message_id(headers)
    return (ThreadKey(MESSAGE_ID, message_id),) if message_id else ()


def subject_of(headers: Headers) -> str:
    return scrub(without_hidden(headers.text("subject")))[:MAX_SUBJECT]


def event_key_of(raw: bytes) -> str:
    """The digest of the whole source.

    The same mail read twice, or again after a UIDVALIDITY change, has the same; a mail that only
    claims another one's Message-ID does not, so it can't make the genuine one look like a double.
    """
    return f"mail:{digest(raw)}"
