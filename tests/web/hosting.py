"""The operator's site with its token, and people who write to the desk."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.people import IdentityKey
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.services.roles import Role
from router.storage import identities
from router.storage.identities import IdentityRow
from tests.services.builders import make_account
from tests.web.desk import Answered, Browser, Desk


class Host:
    """The operator's site with its token, and people who write to the desk."""

    def __init__(self, desk: Desk, site: Browser, blobs: DiskBlobs, account: int) -> None:
        self.desk, self.site, self.blobs, self.account = desk, site, blobs, account

    async def put(self, account: str, **said: Any) -> Answered:
        return await self.site.call("PUT", f"/host/accounts/{quote(account, safe='')}", said)

    async def get(self, account: str) -> Answered:
        return await self.site.get(f"/host/accounts/{quote(account, safe='')}")

    async def close(self, account: str) -> Answered:
        return await self.site.call("DELETE", f"/host/accounts/{quote(account, safe='')}")

    async def link(self, account: str, realm: str, handle: str, body: Any = None) -> Answered:
        return await self.site.call("PUT", _link(account, realm, handle), body)

    async def unlink(self, account: str, realm: str, handle: str) -> Answered:
        return await self.site.call("DELETE", _link(account, realm, handle))

    async def hear(self, *events: Any) -> None:
        incoming = Incoming(account_id=self.account, fence=None, events=events)
        [result] = await accept(self.desk.database, self.blobs, [incoming])
        if isinstance(result, BaseException):
            raise result

    async def found(self, realm: str, handle: str) -> IdentityRow:
        key = IdentityKey(realm, handle)
        async with self.desk.database.reading() as work:
            return (await identities.find_identities(work, [key]))[key]

    async def rows(self, statement: str, *values: object) -> list[Any]:
        async with self.desk.database.reading() as work:
            return list(await work.driver.fetch(statement, *values))


def _link(account: str, realm: str, handle: str) -> str:
    parts = (quote(one, safe="") for one in (account, realm, handle))
    return "/host/accounts/{}/links/{}/{}".format(*parts)


async def open_host(desk: Desk, folder: Path) -> Host:
    site = await desk.token(Role.HOST)
    return Host(desk, site, DiskBlobs(folder / "blobs"), await make_account(desk.database))
