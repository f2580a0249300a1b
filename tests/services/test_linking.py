"""Who becomes one person with whom: what evidence may do, and what it never may."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from core.people import Evidence, EvidenceKind, IdentityKey, Level
from router.blobs.disk import DiskBlobs
from router.services.identity import merging
from router.services.inbound import Incoming, accept
from router.storage import identities
from router.storage.engine import Database
from router.storage.identities import NewEvidence
from tests.services.builders import make_account, received, sender, signed_sender

SESSION = (Evidence(kind=EvidenceKind.SESSION_TOKEN),)
CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)


class House:
    def __init__(self, database: Database, blobs: DiskBlobs, account: int) -> None:
        self.database, self.blobs, self.account = database, blobs, account

    async def hear(self, *events: msgspec.Struct) -> None:
        incoming = Incoming(account_id=self.account, fence=None, events=events)  # type: ignore[arg-type]  # any event
        [result] = await accept(self.database, self.blobs, [incoming])
        if isinstance(result, BaseException):
            raise result

    async def root_of(self, realm: str, handle: str) -> int:
        return (await self._found(realm, handle)).root_id

    async def host_of(self, realm: str, handle: str) -> str | None:
        return (await self._found(realm, handle)).host_account

    async def level_of(self, realm: str, handle: str) -> int:
        return (await self._found(realm, handle)).level

    async def _found(self, realm: str, handle: str) -> identities.IdentityRow:
        key = IdentityKey(realm, handle)
        async with self.database.reading() as work:
            return (await identities.find_identities(work, [key]))[key]


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> House:
    return House(database, DiskBlobs(tmp_path / "blobs"), await make_account(database))


@pytest.mark.parametrize("evidence", [CLAIM, SESSION])
async def test_a_host_account_without_a_token_for_it_links_nothing(
    house: House, evidence: tuple[Evidence, ...]
) -> None:
    await house.hear(received(signed_sender("s1", host="41")))
    bare = msgspec.structs.replace(
        signed_sender("s2", host="41", email="ana@example.com"), evidence=evidence
    )

    await house.hear(received(bare))

    realm = "claimed:web:shop" if evidence is CLAIM else "web:shop"
    assert await house.root_of(realm, "s2") != await house.root_of("host", "41")
    assert await house.level_of(realm, "s2") < Level.LINKED
    assert await house.host_of(realm, "s2") is None


async def test_a_linked_identity_never_changes_to_another_host_account(house: House) -> None:
    await house.hear(received(signed_sender("s1", host="41")))
    key = IdentityKey("web:shop", "s1")
    async with house.database.transaction() as work:
        row = (await identities.find_identities(work, [key]))[key]
        proof = Evidence(kind=EvidenceKind.SIGNED_TOKEN, proof={"host_account": "42"})

        # As a second link does that looked before the first one was committed.
        await identities.add_evidence(
            work, [NewEvidence(identity_id=row.id, evidence=proof, host_account="42")]
        )

    assert await house.host_of("web:shop", "s1") == "41"


async def test_two_host_accounts_racing_for_one_session_never_share_its_conversation(
    house: House,
) -> None:
    await house.hear(received(sender("s1", realm="web:shop", evidence=SESSION)))
    await asyncio.gather(
        house.hear(received(signed_sender("s1", host="41"), "of 41")),
        house.hear(received(signed_sender("s1", host="42"), "of 42")),
    )

    async with house.database.reading() as work:
        said = await work.driver.fetch(
            "select m.text, p.root_id, m.state from messages m join persons p on p.id = m.person_id"
        )
    owner = await house.host_of("web:shop", "s1")
    root = await house.root_of("web:shop", "s1")
    other = {"41": "of 42", "42": "of 41"}[str(owner)]
    assert other not in [row["text"] for row in said if row["root_id"] == root]


async def test_one_batch_with_two_host_accounts_in_one_session_stores_only_the_first(
    house: House,
) -> None:
    await house.hear(
        received(signed_sender("s1", host="41"), "of 41"),
        received(signed_sender("s1", host="42"), "of 42"),
    )

    assert await house.host_of("web:shop", "s1") == "41"
    async with house.database.reading() as work:
        texts = await work.driver.fetch("select text from messages where state = 'shown'")
    assert [row["text"] for row in texts] == ["of 41"]


async def test_a_message_without_its_token_takes_nothing_from_one_with_it_in_the_same_batch(
    house: House,
) -> None:
    await house.hear(
        received(signed_sender("s1", host="41")),
        received(sender("s1", realm="web:shop", evidence=SESSION)),
    )

    assert await house.host_of("web:shop", "s1") == "41"


async def test_a_verified_address_of_a_person_with_another_host_account_stays_theirs(
    house: House,
) -> None:
    mail = (Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),)
    await house.hear(received(sender("ana@example.com", realm="email", evidence=mail)))
    await house.hear(received(signed_sender("s1", host="41")))
    ana, first = await house.root_of("email", "ana@example.com"), await house.root_of("host", "41")
    await merging.merge(
        house.database, loser_id=ana, winner_id=first, agent_id=None, reason="same person"
    )

    await house.hear(received(signed_sender("s2", host="42", email="ana@example.com")))

    assert await house.host_of("email", "ana@example.com") is None
    assert await house.root_of("web:shop", "s2") != first
    # and the first account's person still joins what is theirs
    await house.hear(received(sender("s3", realm="web:shop", evidence=SESSION)))
    await house.hear(received(signed_sender("s3", host="41")))
    assert await house.root_of("web:shop", "s3") == first
