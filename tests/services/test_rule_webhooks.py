"""Rules tell receivers of what they found, with what else they do or not at all."""

import pytest

from router.services.webhooks_out import keeping
from router.services.webhooks_out.shapes import NewWebhook, WebhookKind
from tests.services.rule_desk import VOICE, RuleDesk, definition, says
from tests.stage import Stage


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def tell(desk: RuleDesk) -> int:
    wanted = NewWebhook(
        label="Books", url="https://books.example", kinds=(WebhookKind.RULE_EMITTED,)
    )
    made = await keeping.add_webhook(desk.stage.database, VOICE.keyring, desk.admin, wanted)
    return made.webhook.id


async def test_rule_tells_webhooks_under_its_word_once_for_each_occasion(desk: RuleDesk) -> None:
    webhook = await tell(desk)
    await desk.rule(
        definition({"do": "webhook", "word": "refund.asked"}, condition=[says("refund")])
    )
    await desk.stage.says("ben", "Thank you")
    message = await desk.stage.says("ana", "I want a refund")

    await desk.work()
    await desk.work()

    [call] = await keeping.list_calls(desk.stage.database, webhook)
    assert (call.kind, call.message_id, call.state) == ("rule_emitted", message, "waiting")
    assert call.case_id == await desk.stage.case_of(message)
    facts = await desk.stage.value("select facts ->> 'word' from webhook_calls")
    assert facts == "refund.asked"
    [run] = await desk.runs()
    assert run.outcome == "done"


async def test_rule_that_fails_afterwards_has_told_nobody(desk: RuleDesk) -> None:
    webhook = await tell(desk)
    gone = await desk.stage.agent("Gus")
    await desk.rule(
        definition({"do": "webhook", "word": "seen"}, {"do": "assign", "agent_id": gone.agent_id})
    )
    await desk.stage.run("update agents set is_active = false where id = $1", gone.agent_id)
    await desk.stage.says("ana")

    await desk.work()

    assert await desk.outcomes() == ["failed"]
    assert await keeping.list_calls(desk.stage.database, webhook) == []
