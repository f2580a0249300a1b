"""What the token library raises, as what the router understands."""

from joserfc.errors import JoseError

from core.errors import AttestationRefused


def to_refusal(error: JoseError | ValueError, reason: str) -> AttestationRefused:
    """The library's reason goes into `detail`, for the log; the bearer isn't told."""
    return AttestationRefused(
        "the token cannot be verified", detail=f"{type(error).__name__}: {error}", reason=reason
    )
