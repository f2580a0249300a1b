"""Reports of networks that name a delivery badly, late, or in another account."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.ids import RemoteId, RemotePlace
from core.messages import DeliveryReported, ReportedState
from router.services.outbound import report
from router.services.outbound.receipts import GUESS_WINDOW
from router.storage import remote_refs
from router.storage.engine import Database
from router.storage.remote_refs import RemoteRef
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import make_account

ID = RemoteId("onethread.1@desk.example")


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def _sent_to_ann(desk: AnsweringDesk) -> int:
    """A delivery that the network took for ann, under `ID`."""
    ann = await desk.hear("ann")
    written = await desk.answer(ann)
    async with desk.database.transaction() as work:
        await work.driver.execute("update deliveries set state = 'sent', state_at = $1", work.now())
        await remote_refs.insert_refs(
            work,
            [
                RemoteRef(
                    account_id=desk.account,
                    remote_place="ann",
                    remote_id=ID,
                    part=0,
                    message_id=written.message_id,
                )
            ],
        )
    return written.message_id


async def _report(
    desk: AnsweringDesk,
    state: ReportedState = ReportedState.FAILED,
    *,
    account: int | None = None,
    **fields: object,
) -> bool:
    event = DeliveryReported(event_key="r", state=state, **fields)  # type: ignore[arg-type]  # a test names real fields
    async with desk.database.transaction() as work:
        return await report(work, account or desk.account, event)


async def test_a_delay_is_told_beside_the_state_and_a_later_failure_counts(
    desk: AnsweringDesk,
) -> None:
    await _sent_to_ann(desk)
    place = RemotePlace("ann")

    await _report(
        desk,
        ReportedState.DELAYED,
        remote_place=place,
        remote_id=ID,
        reason="Greylisted.",
        code="4.2.0",
    )
    [delayed] = await desk.deliveries()
    await _report(desk, remote_place=place, remote_id=ID, reason="Given up.", code="5.4.7")
    [failed] = await desk.deliveries()

    assert (delayed["state"], delayed["reason"], delayed["code"]) == (
        "sent",
        "Greylisted.",
        "4.2.0",
    )
    assert (failed["state"], failed["reason"]) == ("failed", "Given up.")


@pytest.mark.parametrize("state", ["failed", "read", "queued", "cancelled"])
async def test_a_delay_changes_nothing_that_is_settled_or_waits(
    desk: AnsweringDesk, state: str
) -> None:
    await _sent_to_ann(desk)
    await desk.value("update deliveries set state = $1 returning id", state)

    await _report(desk, ReportedState.DELAYED, remote_place=RemotePlace("ann"), remote_id=ID)

    assert await desk.states() == [state]


async def test_a_report_in_a_second_mailbox_settles_the_delivery_of_the_first(
    desk: AnsweringDesk,
) -> None:
    await _sent_to_ann(desk)
    second = await make_account(desk.database, channel=desk.channel)
    foreign = await make_account(desk.database, channel="another")
    fields = {"remote_place": RemotePlace("ann"), "remote_id": ID}

    assert not await _report(desk, account=second, **fields)
    assert not await _report(desk, account=foreign, is_for_any_account=True, **fields)
    assert await _report(desk, account=second, is_for_any_account=True, **fields)

    assert await desk.states() == ["failed"]


async def test_a_report_about_whom_it_was_passed_on_to_settles_what_we_sent(
    desk: AnsweringDesk,
) -> None:
    await _sent_to_ann(desk)

    await _report(
        desk,
        remote_place=RemotePlace("ann.at.home"),
        sent_to=RemotePlace("ann"),
        remote_id=ID,
    )

    assert await desk.states() == ["failed"]


async def test_a_failure_without_an_id_is_of_what_was_sent_there_last(desk: AnsweringDesk) -> None:
    await _sent_to_ann(desk)
    person = int(await desk.value("select id from persons"))
    await desk.answer(person, "Once more")
    await desk.value("update deliveries set state = 'sent' where state = 'queued' returning id")

    await _report(desk, remote_place=RemotePlace("ann"), recipient_is_gone=True)

    assert await desk.states() == ["sent", "failed"]
    assert await desk.value("select is_reachable from identities")


async def test_a_failure_without_an_id_says_nothing_of_what_is_long_past(
    desk: AnsweringDesk,
) -> None:
    await _sent_to_ann(desk)
    await desk.value(
        "update deliveries set state_at = state_at - $1::interval returning id",
        GUESS_WINDOW + timedelta(minutes=1),
    )

    assert not await _report(desk, remote_place=RemotePlace("ann"))
    assert await desk.states() == ["sent"]


@pytest.mark.parametrize("state", [ReportedState.READ, ReportedState.DELIVERED])
async def test_only_a_failure_may_be_guessed(desk: AnsweringDesk, state: ReportedState) -> None:
    await _sent_to_ann(desk)

    assert not await _report(desk, state, remote_place=RemotePlace("ann"))
