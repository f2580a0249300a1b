"""Answers that a reply offers to choose from, where the channel has buttons for them."""

from collections.abc import Sequence

import msgspec

from core.capabilities import Capabilities
from core.messages import scrub
from router.services.errors import Refused

MOST_OFFERS = 6
LONGEST_OFFER = 60


def checked_offers(offers: Sequence[str], capabilities: Capabilities) -> str:
    """The message's context with them, as JSON. Raises Refused with the field."""
    if not offers:
        return "{}"
    if not capabilities.buttons:
        raise Refused("This channel has no buttons.", code="no_buttons", field="offers")
    if len(offers) > MOST_OFFERS:
        raise Refused(f"At most {MOST_OFFERS} answers.", code="too_many", field="offers")
    clean = [" ".join(scrub(one).split()) for one in offers]
    for number, one in enumerate(clean):
        field = f"offers[{number}]"
        if not one or len(one) > LONGEST_OFFER:
            raise Refused(f"An answer has 1 to {LONGEST_OFFER} characters.", field=field)
        if one in clean[:number]:
            raise Refused("This answer is offered twice.", field=field)
    return msgspec.json.encode({"offers": clean}).decode()
