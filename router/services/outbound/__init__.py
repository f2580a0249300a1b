"""The path out, up to the queue: replies, notes, an agent's decisions, and later receipts.

`replies` writes a message and queues its parts in one transaction; `parts` plans them from what
the channel can do, `queueing` makes deliveries of them; `in_public` says what is refused where
others read along, `privately` where it goes on instead; `addressed` makes of a claimed part what a
connector gets; `automatic` is what the desk says by itself, in the words of `automatic_texts`;
`decisions` is what an agent may do about a delivery; `receipts` is what the network says
afterwards.
`runtime.sender` takes it from there.
"""

from router.services.outbound.addressed import reply_token, to_message
from router.services.outbound.copies import Copy
from router.services.outbound.decisions import Action, decide
from router.services.outbound.notes import Note, note
from router.services.outbound.queueing import new_send_key, queue_parts
from router.services.outbound.reaching import CapabilitiesOf
from router.services.outbound.receipts import report
from router.services.outbound.replies import Reply, reply
from router.services.outbound.writing import Author, Written

__all__ = [
    "Action",
    "Author",
    "CapabilitiesOf",
    "Copy",
    "Note",
    "Reply",
    "Written",
    "decide",
    "new_send_key",
    "note",
    "queue_parts",
    "reply",
    "reply_token",
    "report",
    "to_message",
]
