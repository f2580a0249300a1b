"""The id that a mail has on its envelope: relays replace a Message-ID, and keep this one (RFC 3461,
4.4 and 5; RFC 3464, 2.2.1). It is the mail's own Message-ID, as long as that has room. Pure.
"""

import re

LONGEST = 100
"""Characters, as they are encoded."""
_PLAIN = frozenset(chr(code) for code in range(33, 127)) - {"+", "="}
_ENCODED = re.compile(r"\+([0-9A-F]{2})")


def write_envelope_id(message_id: str) -> str | None:
    """As `ENVID=` takes it; without the domain where both are too long. None: still too long."""
    for text in (message_id, message_id.partition("@")[0]):
        encoded = "".join(one if one in _PLAIN else f"+{ord(one):02X}" for one in text)
        if text and text.isascii() and len(encoded) <= LONGEST:
            return encoded
    return None


def read_envelope_id(said: str, *, domain: str) -> str | None:
    """The Message-ID that a report names by its envelope. `domain` is the mailbox's own."""
    text = _ENCODED.sub(lambda found: chr(int(found[1], 16)), said.strip())
    if not text:
        return None
    return text if "@" in text or not domain else f"{text}@{domain}"
