"""Checks of what is done to a message that was sent: changed and taken back, once or again."""

from core.connector import Connector
from core.errors import PermanentError
from core.ids import RemoteId
from core.messages import MessageReceived, OutboundMessage
from core.testing.trial import Trial, marker
from core.testing.verdict import Declined, require


async def check_edit_again_is_no_error(trial: Trial) -> None:
    """The same edit once more changes nothing: its outcome may have been lost the first time."""
    _needs(trial, "edit")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message, remote_id = await _sent(trial, connector, event)
        better = marker("edited twice")
        changed = trial.answer(event, better, key=message.key)
        await trial.ledger.call(connector.edit(changed, remote_id))
        await trial.ledger.call(connector.edit(changed, remote_id))
        found = await trial.arrivals(better)
        require(len(found) == 1, f"edited twice, it is there {len(found)} times")


async def check_delete_again_is_no_error(trial: Trial) -> None:
    """What is gone already is deleted: the outcome may have been lost the first time."""
    _needs(trial, "delete")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        _, remote_id = await _sent(trial, connector, event)
        await trial.ledger.call(connector.delete(event.place, remote_id))
        await trial.ledger.call(connector.delete(event.place, remote_id))


async def check_edit_of_what_is_gone_is_final(trial: Trial) -> None:
    """What is not there any more cannot be edited, ever."""
    _needs(trial, "edit")
    _needs(trial, "delete")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message, remote_id = await _sent(trial, connector, event)
        await trial.ledger.call(connector.delete(event.place, remote_id))
        changed = trial.answer(event, marker("too late"), key=message.key)
        try:
            await trial.ledger.call(connector.edit(changed, remote_id))
        except PermanentError:
            return
        require(False, "a message that is gone was edited, and nobody was told that it is gone")


def _needs(trial: Trial, flag: str) -> None:
    if not getattr(trial.subject.connector.capabilities, flag):
        raise Declined(f"capability {flag} is not set")


async def _sent(
    trial: Trial, connector: Connector, event: MessageReceived
) -> tuple[OutboundMessage, RemoteId]:
    message = trial.answer(event, marker("as it was first"))
    sent = await trial.ledger.call(connector.send(message))
    require(bool(sent.remote_parts), "Sent.remote_parts is empty: there is no id to name it by")
    await trial.arrivals(message.text)
    return message, sent.remote_parts[0].remote_id


CHANGING_CHECKS = (
    check_edit_again_is_no_error,
    check_delete_again_is_no_error,
    check_edit_of_what_is_gone_is_final,
)
