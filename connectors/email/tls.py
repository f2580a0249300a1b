"""How the connections of an account are encrypted: always with the server's name verified."""

import asyncio
import ssl

from connectors.email.config import Config
from core.errors import BadConfig


async def make_tls(config: Config) -> ssl.SSLContext:
    """Trusts what the system trusts, and the account's own authority. Raises BadConfig."""
    # Reading the system's authorities takes tens of milliseconds.
    return await asyncio.to_thread(_make, config.ca_certificate)


def _make(ca_certificate: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_certificate:
        try:
            context.load_verify_locations(cadata=ca_certificate)
        except (ssl.SSLError, ValueError) as error:
            raise BadConfig("ca_certificate is not a certificate in PEM form.") from error
    return context
