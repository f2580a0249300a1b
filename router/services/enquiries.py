"""What somebody writes in the contact form: a message of the address that they claim.

It comes to the conversation of whoever has that address, proves nothing (L0), and is answered by
that account, so only the owner of the address reads an answer. Nothing is sent by itself.
"""

import msgspec

from core.addresses import readable_address
from core.ids import digest
from core.messages import IdentityAddress, MessageReceived, Place, Sender, scrub
from router.blobs import Blobs
from router.services.inbound import Incoming, accept
from router.storage.engine import Database

LONGEST_NAME = 100
LONGEST_SUBJECT = 200
LONGEST_TEXT = 5000
WARNING = "Written in the contact form: whose address this is was not proven."


class Enquiry(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was filled in."""

    key: str
    """Of the form as it was given out: the same again is the same message."""
    name: str
    subject: str
    text: str
    language: str


async def take(
    database: Database,
    blobs: Blobs,
    account_id: int,
    to: tuple[Place, IdentityAddress],
    enquiry: Enquiry,
) -> None:
    """Committed once this returns. Raises what `accept` gives for it, DatabaseUnavailable."""
    place, identity = to
    name = _line(enquiry.name)[:LONGEST_NAME]
    event = MessageReceived(
        event_key=f"contact/{digest(enquiry.key.encode())}",
        raw=msgspec.json.encode({"address": identity.handle, **msgspec.to_builtins(enquiry)}),
        place=place,
        sender=Sender(
            realm=identity.realm,
            handle=identity.handle,
            shown_as=readable_address(identity.handle),
            language=enquiry.language,
        ),
        subject=_line(enquiry.subject)[:LONGEST_SUBJECT],
        text=scrub(enquiry.text).strip()[:LONGEST_TEXT],
        context={"claimed_name": name} if name else {},
        warnings=(WARNING,),
    )
    incoming = Incoming(account_id=account_id, fence=None, events=(event,))
    [result] = await accept(database, blobs, [incoming])
    if isinstance(result, BaseException):
        raise result


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in scrub(text)).split())
