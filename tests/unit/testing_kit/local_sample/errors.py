"""What the token library raises, as the contract's error."""

from core.errors import AttestationRefused


def refused(error: Exception) -> AttestationRefused:
    return AttestationRefused("the token cannot be verified", detail=type(error).__name__)
