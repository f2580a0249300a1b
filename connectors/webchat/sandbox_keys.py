"""The make-believe site's signing keys, published on loopback as a host would publish them."""

import json
from pathlib import Path
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey

PATH = "/.well-known/jwks.json"
ALGORITHM = "ES256"
KEPT = 2
"""The former key verifies until the next change: tokens that it signed may be on their way."""


class SiteKeys:
    """Signs with the newest key; serves the public halves of the newest two."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self._keys: list[ECKey] = []
        self._runner: web.AppRunner | None = None
        self.url = ""
        """Where they are published, between `start` and `stop`."""

    @property
    def kids(self) -> tuple[str, ...]:
        """Newest first."""
        return tuple(str(key.kid) for key in reversed(self._keys))

    async def start(self, data_dir: Path) -> None:
        self._file = data_dir / "site_keys.json"
        if self._file.exists():
            self._keys = [ECKey.import_key(one) for one in json.loads(self._file.read_text())]
        else:
            self.change()
        app = web.Application()
        app.router.add_get(PATH, self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}{PATH}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def change(self) -> None:
        """From now on a new key signs; the former one is still published."""
        number = 1 + max((int(kid.removeprefix("site-")) for kid in self.kids), default=0)
        made = ECKey.generate_key("P-256", {"kid": f"site-{number}", "use": "sig"})
        self._keys = [*self._keys, made][-KEPT:]
        if self._file is not None:
            self._file.write_text(json.dumps([key.as_dict(private=True) for key in self._keys]))
            self._file.chmod(0o600)

    def sign(self, claims: dict[str, Any]) -> str:
        key = self._keys[-1]
        header = {"alg": ALGORITHM, "kid": str(key.kid), "typ": "JWT"}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM])

    async def _answer(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [key.as_dict(private=False) for key in self._keys]})
