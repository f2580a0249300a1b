"""Files of the sandbox: their bytes, and addresses that are good for a while only."""

import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from connectors.discord.sandbox_records import Upload
from core.clock import Clock


class Cdn:
    """Each attachment's address carries `ex` and `is` (hex seconds) and `hm`; after `ex` it fails.

    Discord's documentation, Reference, "Signed Attachment CDN URLs".
    """

    def __init__(
        self, clock: Clock, secret: bytes, lifetime: timedelta, folder: Path | None = None
    ) -> None:
        self.base_url = ""
        """Without a trailing slash; set when the server listens."""
        self._clock = clock
        self._secret = secret
        self._lifetime = lifetime
        self._folder = folder
        self._files: dict[int, bytes] = {}
        self.is_down = False
        self.fetches = 0

    def put(self, upload: Upload, content: bytes) -> None:
        if self._folder is None:
            self._files[upload.id] = content
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / str(upload.id)).write_bytes(content)

    def content(self, upload_id: int) -> bytes | None:
        if self._folder is None:
            return self._files.get(upload_id)
        path = self._folder / str(upload_id)
        return path.read_bytes() if path.exists() else None

    def remove(self, upload: Upload) -> None:
        self._files.pop(upload.id, None)
        if self._folder is not None:
            (self._folder / str(upload.id)).unlink(missing_ok=True)

    def address(self, upload: Upload) -> str:
        """A fresh one, from now on for the lifetime."""
        now = self._clock.now()
        path = f"/attachments/{upload.channel_id}/{upload.id}/{quote(upload.name)}"
        issued, expires = _hex(now), _hex(now + self._lifetime)
        mark = self._mark(path, issued, expires)
        return f"{self.base_url}{path}?ex={expires}&is={issued}&hm={mark}&"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.fetches += 1
        if self.is_down:
            return web.Response(status=503)
        content = self.content(int(request.match_info["upload"]))
        expires, issued = request.query.get("ex", ""), request.query.get("is", "")
        mark = self._mark(request.rel_url.raw_path, issued, expires)
        is_genuine = hmac.compare_digest(mark, request.query.get("hm", ""))
        if content is None or not is_genuine or int(expires, 16) <= self._clock.now().timestamp():
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=content, content_type="application/octet-stream")

    def _mark(self, path: str, issued: str, expires: str) -> str:
        signed = f"{path}?ex={expires}&is={issued}".encode()
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()


def _hex(moment: datetime) -> str:
    return f"{int(moment.timestamp()):x}"
