"""DKIM signatures (RFC 6376) for desks whose mail server makes none."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from core.errors import BadConfig

SIGNED = tuple(
    name.encode()
    for name in (
        "From",
        "To",
        "Cc",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Auto-Submitted",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    )
)
"""Absent ones too: nobody on the way can add a second Subject or a Reply-To unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    domain: str
    selector: str
    key: str = field(repr=False)
    """PEM."""

    async def sign(self, raw: bytes) -> bytes:
        """The mail with its signature on top. Raises BadConfig if the key is none."""
        # RSA takes tens of milliseconds.
        return await asyncio.to_thread(self._sign, raw)

    def _sign(self, raw: bytes) -> bytes:
        # 4 MiB with all that it brings, and few desks sign for themselves.
        import dkim

        sign = cast("Callable[..., Any]", dkim.sign)
        try:
            line: bytes = sign(
                raw,
                self.selector.encode(),
                self.domain.encode(),
                self.key.encode(),
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=[*SIGNED, b"From"],
                linesep=b"\r\n",
            )
        except (dkim.DKIMException, ValueError, TypeError, IndexError) as error:
            # The library lets its ASN.1 reader's faults through.
            raise BadConfig("dkim_key is no RSA key in PEM form.") from error
        return line + raw
