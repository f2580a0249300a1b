"""The delivery ladder: what certainly did not arrive goes on by another way of the same person.

`fall` (storage.ladder) notes in the transaction of a failure that a message is due for a step;
`climbing` takes it, one transaction a message; `ways` finds where it could go and `core.ladder`
chooses; `orders` is what operators allow.
"""

from router.services.ladder.climbing import Stepped, due_messages, take_step
from router.services.ladder.networks import Networks

__all__ = ["Networks", "Stepped", "due_messages", "take_step"]
