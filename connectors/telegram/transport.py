"""The Bot API over the router's own guarded session: python-telegram-bot without its own client."""

import json
import math
from typing import Any

import aiohttp
from telegram._utils.defaultvalue import DEFAULT_NONE
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from connectors.telegram.config import Config
from core.clock import Clock

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
UPLOAD_SECONDS = 300.0
"""While files go out, and until the server has worked on them."""

TOLD_APART = (400, 401, 403, 404, 409)
"""What the library makes errors of its own from."""


class Refused(TelegramError):
    """An answer that the library would not tell apart: by its status and its parameters."""

    def __init__(
        self, status: int, description: str, retry_after: int | None = None, error_code: int = 0
    ) -> None:
        super().__init__(description)
        self.status = status
        self.retry_after = retry_after
        """Seconds."""
        self.error_code = error_code
        """As the answer itself says it. 0: it does not."""


class NotConnected(NetworkError):
    """No connection was made, so nothing has left us."""


class AiohttpRequest(BaseRequest):
    """One session for everything: one pool, the router's proxies and its egress guard."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @property
    def read_timeout(self) -> float:
        return ANSWER_SECONDS

    async def initialize(self) -> None:
        """The session is the router's."""

    async def shutdown(self) -> None:
        """The session is the router's."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Raises Refused, NotConnected, TimedOut, NetworkError. No URL is in any of them: the token
        is part of it.
        """
        has_files = request_data is not None and request_data.contains_files
        wait = UPLOAD_SECONDS if has_files else ANSWER_SECONDS
        if isinstance(read_timeout, int | float):
            wait = read_timeout
        timeout = aiohttp.ClientTimeout(total=wait + CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)
        try:
            async with self._session.request(
                method, url, data=_body(request_data), timeout=timeout, allow_redirects=False
            ) as response:
                payload = await response.read()
                status = _meant(response.status, payload)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            reason = getattr(error, "os_error", None) or "no connection in time"
            raise NotConnected(f"not connected: {reason}") from error
        except TimeoutError as error:
            raise TimedOut("no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"connection lost: {type(error).__name__}") from error
        # A token that is refused with 404 is refused in JSON, and not for its method.
        is_elsewhere = status == 404 and (b"method not found" in payload or b'"ok"' not in payload)
        if is_elsewhere or not (200 <= status < 300 or status in TOLD_APART):
            raise _refused(status, payload)
        return status, payload

    @staticmethod
    def parse_json_payload(body: bytes) -> Any:
        """Not logged when it fails, unlike the library's own: it may hold anybody's words."""
        try:
            return json.loads(body.decode("utf-8", "replace"))
        except ValueError as error:
            raise TelegramError("Invalid server response") from error


class BotApi:
    """Methods by their name, answers as the JSON that came.

    The library's `Bot` would turn them into objects that lose what they do not know, so that one
    odd update makes a whole answer unreadable; and it logs every parameter, secrets among them.
    """

    def __init__(self, config: Config, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._config = config
        self._request = AiohttpRequest(session)
        self._clock = clock
        self._rests_until = 0.0

    async def call(
        self,
        method: str,
        parameters: dict[str, Any] | None = None,
        *,
        seconds: float | None = None,
        rests: bool = True,
    ) -> Any:
        """The `result`. `seconds`: how long the answer may take, if not as long as usual. `rests`:
        nothing is asked while Telegram has told us to wait. False: the caller waits by itself.

        Raises telegram.error.TelegramError.
        """
        left = self._rests_until - self._clock.monotonic()
        if rests and left > 0:
            raise Refused(429, "Telegram has asked the bot to wait", math.ceil(left))
        given = [
            RequestParameter.from_input(name, value)
            for name, value in (parameters or {}).items()
            if value is not None
        ]
        try:
            return await self._request.post(
                f"{self._config.methods_url}{self._config.token.get_secret_value()}/{method}",
                request_data=RequestData(given),
                read_timeout=DEFAULT_NONE if seconds is None else seconds,
            )
        except Refused as error:
            if error.status == 429:
                rest = self._clock.monotonic() + max(error.retry_after or 0, 1)
                self._rests_until = max(self._rests_until, rest)
            raise
        except (KeyError, TypeError) as error:
            raise NetworkError("not an answer of a Bot API server") from error


def _meant(status: int, body: bytes) -> int:
    """The status by which the answer is meant: some servers refuse with another, or with 200."""
    if status >= 400 and b'"retry_after"' in body:
        return 429
    if status < 300 and b'"ok":false' in body[:64].replace(b" ", b""):
        return _refused(status, body).error_code or 500
    return status


def _body(request_data: RequestData | None) -> aiohttp.FormData | dict[str, str] | None:
    if request_data is None:
        return None
    if not request_data.contains_files:
        return request_data.json_parameters
    # Quoted, file names would arrive with percent signs in them.
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=media_type)
    return form


def _refused(status: int, body: bytes) -> Refused:
    try:
        answer = AiohttpRequest.parse_json_payload(body)
    except TelegramError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    parameters = answer.get("parameters")
    after = parameters.get("retry_after") if isinstance(parameters, dict) else None
    description = str(answer.get("description") or f"HTTP {status}")
    code = answer.get("error_code")
    return Refused(
        status,
        description,
        after if isinstance(after, int) else None,
        code if isinstance(code, int) else 0,
    )
