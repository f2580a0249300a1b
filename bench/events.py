"""The load: messages of a few hundred people."""

from core.ids import RemoteId, RemotePlace
from core.messages import MessageReceived, Place, RemotePart, Sender
from core.people import Evidence, EvidenceKind

PEOPLE = 500
TEXT = "My withdrawal of yesterday evening has not arrived, please look at it. "
_EVIDENCE = (Evidence(kind=EvidenceKind.NETWORK_ID),)


def message(number: int, *, run: str = "") -> MessageReceived:
    """The `number`-th message of a run; its person and place follow from the number."""
    handle = f"p{number % PEOPLE}"
    key = f"{run}-{number}"
    return MessageReceived(
        event_key=key,
        raw=b'{"text": "as the network said it"}',
        place=Place(remote=RemotePlace(handle)),
        sender=Sender(realm="bench", handle=handle, shown_as=handle, evidence=_EVIDENCE),
        text=f"{TEXT}{number}",
        remote_parts=(RemotePart(remote_id=RemoteId(key)),),
    )
