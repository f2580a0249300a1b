"""How a check says that a connector fails, or that there is nothing to check."""


class ConformanceFailure(AssertionError):
    """The connector breaks the contract. The message says how, and what is expected instead."""


class Declined(Exception):
    """There is nothing to prove here; the message says why. The test is skipped with it."""


def require(claim: bool, sentence: str) -> None:
    """Raise ConformanceFailure with the sentence unless the claim holds."""
    if not claim:
        raise ConformanceFailure(sentence)
