"""Where in an SMTP session something went wrong: it decides what is known of the mail."""

from enum import StrEnum


class Step(StrEnum):
    CONNECT = "connect"
    LOGIN = "login"
    MAIL = "mail"
    RECIPIENT = "recipient"
    CONTENT = "content"
    """From DATA on, while the final dot has not left us."""
