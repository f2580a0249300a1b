"""Rows and events that tests of services begin with."""

from datetime import UTC, datetime
from itertools import count

from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    Attested,
    MessageReceived,
    Place,
    PlaceKind,
    RemotePart,
    Sender,
)
from core.people import Evidence, EvidenceKind
from router.storage.engine import Database

_numbers = count(1)

NETWORK_ID = Evidence(kind=EvidenceKind.NETWORK_ID)


async def make_account(
    database: Database, *, channel: str = "sample", label: str = "", state: str = "active"
) -> int:
    """An account without a connector."""
    async with database.transaction() as work:
        return int(
            await work.driver.fetchval(
                """
                insert into accounts (channel, label, hook_token, created_at, state)
                values ($1, $2, $3, $4, $5) returning id
                """,
                channel,
                label or f"Account {next(_numbers)}",
                f"hook-{next(_numbers)}",
                work.now(),
                state,
            )
        )


def sender(
    handle: str, *, realm: str = "sample", evidence: tuple[Evidence, ...] = (NETWORK_ID,)
) -> Sender:
    return Sender(realm=realm, handle=handle, shown_as=handle.title(), evidence=evidence)


def signed_sender(
    handle: str, *, host: str, email: str | None = None, realm: str = "web:shop"
) -> Sender:
    """A visitor whose token names a host account and maybe an address the host has verified."""
    attested = (
        (
            Attested(
                realm="email",
                handle=email,
                shown_as=email,
                evidence=Evidence(kind=EvidenceKind.HOST_VERIFIED, proof={"host_account": host}),
            ),
        )
        if email
        else ()
    )
    return Sender(
        realm=realm,
        handle=handle,
        shown_as=handle.title(),
        evidence=(Evidence(kind=EvidenceKind.SIGNED_TOKEN, proof={"host_account": host}),),
        host_account=host,
        attested=attested,
    )


def received(
    by: Sender | str,
    text: str = "Hello",
    *,
    key: str | None = None,
    place: str | None = None,
    **fields: object,
) -> MessageReceived:
    """A message of this sender in their direct place."""
    who = sender(by) if isinstance(by, str) else by
    number = next(_numbers)
    key = key or f"event-{number}"
    return MessageReceived(
        event_key=key,
        place=Place(remote=RemotePlace(place or who.handle), kind=PlaceKind.DIRECT),
        sender=who,
        text=text,
        sent_at=datetime(2026, 1, 1, tzinfo=UTC),
        remote_parts=(RemotePart(remote_id=RemoteId(key)),),
        **fields,  # type: ignore[arg-type]  # a test names real fields
    )


Events = list[AnyInboundEvent]
