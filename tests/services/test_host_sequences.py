"""Any order of linking, unlinking, closing and writing leaves what a model of ten lines says."""

import random
from pathlib import Path

import pytest

from core.people import HOST_REALM, IdentityKey
from router.blobs.disk import DiskBlobs
from router.services.errors import Conflict
from router.services.host import accounts, links
from router.services.host.accounts import AccountStatement
from router.services.inbound import Incoming, accept
from router.storage import identities
from router.storage.engine import Database
from tests.services.builders import make_account, received, sender

STEPS = 40
ACCOUNTS = ("41", "42")
HANDLES = ("a", "b", "c", "d")
REALM = "sample"


class AnyRealm:
    def canonical(self, realm: str, handle: str) -> IdentityKey:
        return IdentityKey(realm, handle)


class House:
    """The desk, and beside it the model: whose each handle is, and which accounts are closed."""

    def __init__(self, database: Database, blobs: DiskBlobs, account: int, name: str) -> None:
        self.database, self.blobs, self.account, self.name = database, blobs, account, name
        self.linked: dict[str, str] = {}
        self.closed: set[str] = set()
        self.said: dict[str, list[str]] = {one: [] for one in HANDLES}
        self.known: set[str] = set()
        """Handles and accounts that the desk has heard of."""

    def id_of(self, one: str) -> str:
        return f"{self.name}-{one}"

    async def hear(self, handle: str, text: str) -> None:
        event = received(sender(self.id_of(handle), realm=REALM), text)
        incoming = Incoming(account_id=self.account, fence=None, events=(event,))
        [result] = await accept(self.database, self.blobs, [incoming])
        assert not isinstance(result, BaseException), result
        self.said[handle].append(text)
        self.known.add(handle)

    async def link(self, account: str, handle: str) -> None:
        may = account not in self.closed and self.linked.get(handle, account) == account
        try:
            await links.link_identity(
                self.database,
                AnyRealm(),
                "cli",
                account=self.id_of(account),
                realm=REALM,
                handle=self.id_of(handle),
            )
        except Conflict:
            assert not may
        else:
            assert may
            self.linked[handle] = account
            self.known |= {handle, account}

    async def unlink(self, account: str, handle: str) -> None:
        await links.unlink_identity(
            self.database,
            AnyRealm(),
            "cli",
            account=self.id_of(account),
            realm=REALM,
            handle=self.id_of(handle),
        )
        if self.linked.get(handle) == account:
            del self.linked[handle]

    async def declare(self, account: str, *, is_closed: bool) -> None:
        said = AccountStatement(is_closed=is_closed)
        await accounts.declare_account(self.database, "cli", self.id_of(account), said)
        (self.closed.add if is_closed else self.closed.discard)(account)
        if is_closed:
            self.linked = {one: held for one, held in self.linked.items() if held != account}

    async def check(self) -> None:
        keys = {one: IdentityKey(REALM, self.id_of(one)) for one in HANDLES} | {
            one: IdentityKey(HOST_REALM, self.id_of(one)) for one in ACCOUNTS
        }
        async with self.database.reading() as work:
            rows = await identities.find_identities(work, list(keys.values()))
            words = await work.driver.fetch(
                "select p.root_id, m.text from messages m join persons p on p.id = m.person_id"
                " where m.direction = 'in' order by m.id"
            )
        found = {one: rows[key] for one, key in keys.items() if key in rows}
        assert set(found) == self.known
        for handle in self.known & set(HANDLES):
            held = self.linked.get(handle)
            row = found[handle]
            proven = 1 if self.said[handle] else 0
            assert row.host_account == (None if held is None else self.id_of(held))
            assert row.level == (2 if held is not None else proven)
        groups: dict[int, set[str]] = {}
        for one, row in found.items():
            groups.setdefault(row.root_id, set()).add(one)
        assert sorted(map(sorted, groups.values())) == sorted(map(sorted, self._groups()))
        for root, members in groups.items():
            theirs = [text for one in members if one in self.said for text in self.said[one]]
            assert sorted(row["text"] for row in words if row["root_id"] == root) == sorted(theirs)

    def _groups(self) -> list[set[str]]:
        joined = [
            {account, *(one for one, held in self.linked.items() if held == account)}
            for account in ACCOUNTS
            if account in self.known
        ]
        alone = [{one} for one in HANDLES if one in self.known and one not in self.linked]
        return joined + alone


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_leaves_what_the_model_says(
    database: Database, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    account = await make_account(database)
    house = House(database, DiskBlobs(tmp_path / "blobs"), account, f"s{seed}")
    for one in ACCOUNTS:
        await house.declare(one, is_closed=False)
    for number in range(STEPS):
        one, handle = chance.choice(ACCOUNTS), chance.choice(HANDLES)
        match chance.choice(("hear", "link", "link", "link", "unlink", "unlink", "close", "open")):
            case "hear":
                await house.hear(handle, f"{handle} says {number}")
            case "link":
                await house.link(one, handle)
            case "unlink":
                await house.unlink(one, handle)
            case "close":
                await house.declare(one, is_closed=True)
            case _:
                await house.declare(one, is_closed=False)
        await house.check()
