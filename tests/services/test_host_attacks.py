"""Links that the host took back stay taken back, whatever is still under way."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.clock import FakeClock
from core.messages import Attested, Sender
from core.people import Evidence, EvidenceKind, IdentityKey
from router.services.host.accounts import AccountStatement, declare_account
from router.services.host.links import unlink_identity
from router.storage.engine import Database
from tests.services.answering_desk import open_desk
from tests.services.linking_desk import HOST, LinkingDesk

ANN = "ann@people.example"


class AnyRealm:
    def canonical(self, realm: str, handle: str) -> IdentityKey:
        return IdentityKey(realm, handle)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LinkingDesk:
    opened = LinkingDesk(await open_desk(database, tmp_path))
    await declare_account(database, "host", HOST, AccountStatement())
    return opened


def session(name: str, at: datetime, *, email: str | None = ANN) -> Sender:
    """A signed visitor, as the chat's connector says it of its session."""
    proof = {"host_account": HOST, "at": at.isoformat()}
    verified = Evidence(kind=EvidenceKind.HOST_VERIFIED, proof=proof)
    attested = (
        ()
        if email is None
        else (Attested(realm="email", handle=email, shown_as=email, evidence=verified),)
    )
    return Sender(
        realm="web:shop",
        handle=name,
        shown_as=name,
        evidence=(Evidence(kind=EvidenceKind.SIGNED_TOKEN, proof=proof),),
        host_account=HOST,
        attested=attested,
    )


async def test_old_session_does_not_give_back_an_address_that_the_host_took(
    desk: LinkingDesk, clock: FakeClock
) -> None:
    database = desk.desk.database
    early = clock.now()
    await desk.hears(session("first", early), "Hello")
    assert (await desk.identity(ANN))["host_account"] == HOST
    clock.advance(timedelta(minutes=1))
    await unlink_identity(database, AnyRealm(), "host", account=HOST, realm="email", handle=ANN)
    assert (await desk.identity(ANN))["host_account"] is None
    clock.advance(timedelta(minutes=1))

    await desk.hears(session("second", early), "Hello from a page that was open before")

    found = await desk.identity(ANN)
    assert (found["host_account"], found["level"]) == (None, 0)
    assert (await desk.identity("second"))["host_account"] == HOST
    await desk.hears(session("third", clock.now()), "And here the host says it anew")
    assert (await desk.identity(ANN))["host_account"] == HOST


async def test_code_of_before_is_good_no_longer_once_a_link_is_taken_back(
    desk: LinkingDesk, clock: FakeClock
) -> None:
    database = desk.desk.database
    await desk.hears(session("hijacked", clock.now(), email=None), "Hello")
    code = await desk.code()
    clock.advance(timedelta(minutes=1))
    await unlink_identity(
        database, AnyRealm(), "host", account=HOST, realm="web:shop", handle="hijacked"
    )

    await desk.hears("mallory", code=code.code)

    assert (await desk.identity("mallory"))["host_account"] is None
