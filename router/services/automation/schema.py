"""What an editor of rules is made from: everything that can be asked and done, as data."""

import msgspec

from router.services.automation.fields import FIELDS
from router.services.automation.shapes import InputSpec, PartSpec, RuleSchema
from router.services.automation.terms import (
    DEEPEST,
    AskStepUp,
    Assign,
    AssignTeam,
    Happening,
    JoinIncident,
    LabelCase,
    Notify,
    Prioritise,
    SayCanned,
    SetField,
    SetState,
    SetTopic,
    Stop,
    TellWebhooks,
    WriteNote,
)

_STATES = ("open", "waiting", "snoozed", "solved")


def _tag(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


_HAPPENINGS = tuple(one.value for one in Happening)
_WHENS = (
    PartSpec(tag="happened", inputs=(InputSpec(name="on", kind="choice", choices=_HAPPENINGS),)),
    PartSpec(
        tag="stays_in",
        inputs=(
            InputSpec(name="state", kind="choice", choices=_STATES),
            InputSpec(name="hours", kind="number", least=1, most=24 * 366),
        ),
    ),
    PartSpec(
        tag="daily",
        inputs=(InputSpec(name="at", kind="time"), InputSpec(name="zone", kind="zone")),
    ),
)
_TEXT = InputSpec(name="text", kind="text", most=2_000)
_ACTIONS = (
    PartSpec(
        tag=_tag(Assign),
        inputs=(InputSpec(name="agent_id", kind="agent", is_optional=True),),
        can_be_undone=True,
    ),
    PartSpec(
        tag=_tag(AssignTeam),
        inputs=(InputSpec(name="team_id", kind="team", is_optional=True),),
        can_be_undone=True,
    ),
    PartSpec(
        tag=_tag(LabelCase),
        inputs=(
            InputSpec(name="add", kind="labels", is_optional=True),
            InputSpec(name="drop", kind="labels", is_optional=True),
        ),
        can_be_undone=True,
    ),
    PartSpec(
        tag=_tag(Prioritise),
        inputs=(InputSpec(name="priority", kind="number", least=1, most=4),),
        can_be_undone=True,
    ),
    PartSpec(
        tag=_tag(SetTopic),
        inputs=(InputSpec(name="topic", kind="text", most=200),),
        can_be_undone=True,
    ),
    PartSpec(
        tag=_tag(SetField),
        inputs=(
            InputSpec(name="field_id", kind="field"),
            InputSpec(name="value", kind="text", most=500, is_optional=True),
        ),
        can_be_undone=True,
    ),
    PartSpec(
        tag=_tag(SetState),
        inputs=(
            InputSpec(name="state", kind="choice", choices=_STATES),
            InputSpec(name="hours", kind="number", least=1, most=24 * 365, is_optional=True),
        ),
        can_be_undone=True,
    ),
    PartSpec(
        tag=_tag(JoinIncident),
        inputs=(InputSpec(name="title", kind="text", most=200),),
        can_be_undone=True,
    ),
    PartSpec(tag=_tag(SayCanned), inputs=(InputSpec(name="snippet_id", kind="snippet"),)),
    PartSpec(tag=_tag(WriteNote), inputs=(_TEXT,)),
    PartSpec(
        tag=_tag(Notify),
        inputs=(
            _TEXT,
            InputSpec(name="agent_ids", kind="agents", is_optional=True),
            InputSpec(name="team_ids", kind="teams", is_optional=True),
        ),
    ),
    PartSpec(tag=_tag(AskStepUp), inputs=()),
    PartSpec(tag=_tag(TellWebhooks), inputs=(InputSpec(name="word", kind="text", most=64),)),
    PartSpec(tag=_tag(Stop), inputs=()),
)
SCHEMA = RuleSchema(whens=_WHENS, fields=tuple(FIELDS.values()), actions=_ACTIONS, deepest=DEEPEST)
