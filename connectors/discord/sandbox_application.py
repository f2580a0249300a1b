"""The application that the desk has at the sandbox's Discord: its number and its token."""

import base64
import secrets


class Application:
    def __init__(self, bot_id: int, token: str | None = None) -> None:
        self.bot_id = bot_id
        """Of the application too: new ones share the number."""
        self.token = token or _new_token(bot_id)

    def reset_token(self) -> None:
        """The old one is good for nothing from now on."""
        self.token = _new_token(self.bot_id)


def _new_token(bot_id: int) -> str:
    number = base64.urlsafe_b64encode(str(bot_id).encode()).decode().rstrip("=")
    return f"{number}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
