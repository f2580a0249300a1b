"""Who is of a tier, for rules: as the host says, else by the attribute that the queue goes by."""

from router.services.assignment import settings
from router.services.assignment.settings import QueueSettings
from router.services.host import accounts
from tests.services.builders import signed_sender
from tests.services.rule_desk import RuleDesk, asks, definition
from tests.stage import Stage

URGENT = {"do": "prioritise", "priority": 1}


async def test_rule_for_a_tier_holds_for_whom_the_host_says_or_an_attribute_where_it_says_nothing(
    stage: Stage,
) -> None:
    desk = await RuleDesk.open(stage)
    await settings.change(stage.database, actor="cli", wanted=QueueSettings(tier_attribute="plan"))
    await desk.rule(definition(URGENT, condition=[asks("person.tier", "is", ["vip"])]))
    for account, tier in (("41", "VIP"), ("42", "")):
        said = accounts.AccountStatement(tier=tier)
        await accounts.declare_account(stage.database, "cli", account, said)

    told = await stage.says(signed_sender("ana", host="41"))
    silent = await stage.says(signed_sender("ben", host="42"))
    await stage.run(
        'update persons set attributes = \'{"plan": "vip"}\' where id = $1',
        await stage.person_of(silent),
    )
    other = await stage.says("eve")
    await desk.work()

    found = [(await desk.case(one))["priority"] for one in (told, silent, other)]
    assert found == [1, 1, 3]
