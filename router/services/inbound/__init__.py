"""The path in: events of connectors become messages of one person's conversation.

`accept` is one transaction for a micro-batch of many accounts and people. The steps, in order:
`sources` (files and raw sources to blobs, before the transaction), `senders` (identities,
persons, links), `messages` (places, cases, messages), `changes` (edits, receipts and the rest),
cursors under their fence. `quarantine` takes what cannot be stored.
"""

from router.services.inbound.accept import Accepted, Incoming, accept

__all__ = ["Accepted", "Incoming", "accept"]
