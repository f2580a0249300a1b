"""What agents do with persons: find them, name them, note facts about them."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from router.services import audit
from router.services.callers import Caller
from router.services.errors import Refused
from router.services.shown.names import ChannelUse
from router.services.shown.people import Person, load_persons
from router.services.shown.rows import load_rows
from router.services.viewer import Viewer, find_conversation, no_person, viewer_of
from router.storage import persons, profiles
from router.storage.engine import Database
from router.storage.sight import find_hidden
from router.storage.unit_of_work import Fact

MOST_FOUND = 20
MOST_LOOKED_AT = 500
"""For somebody from whom some may be hidden."""
MOST_ATTRIBUTES = 50
LanguageTag = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
]
Attribute = Annotated[str, msgspec.Meta(max_length=2_000)] | int | float | bool | None


class PersonChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    display_name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    language: LanguageTag | UnsetType | None = UNSET
    """BCP 47. None: unknown."""
    attributes: (
        dict[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], Attribute] | UnsetType
    ) = UNSET
    """Attributes to set; null takes one away."""


class PersonHit(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    display_name: str
    identities: tuple[str, ...]
    channels: tuple[ChannelUse, ...]
    """Last used first: what tells two of one name apart."""
    snippet: str
    """What was said last."""


async def change_person(
    database: Database, caller: Caller, person_id: int, change: PersonChange
) -> Person:
    """The person as they are then, whoever stands for them. Raises NotFound, Refused."""
    async with database.transaction() as work:
        await persons.lock_root(work, person_id)
        root = (await find_conversation(work, viewer_of(caller), person_id)).root_id
        before = (await load_persons(work, [root]))[root]
        values = _values(before, change)
        if not values:
            return before
        await profiles.change_person(work, root, values)
        work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
        person = (await load_persons(work, [root]))[root]
        facts = {"fields": ", ".join(sorted(values))}
        await audit.record(work, caller.actor, "person.changed", f"persons/{root}", facts)
        return person


def _values(before: Person, change: PersonChange) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    if change.display_name is not UNSET:
        values["display_name"] = change.display_name.strip()
        if not values["display_name"]:
            raise Refused("A name is needed.", code="empty", field="display_name")
    if change.language is not UNSET:
        values["language"] = change.language
    if change.attributes is not UNSET:
        joined = before.attributes | change.attributes
        values["attributes"] = {name: one for name, one in joined.items() if one is not None}
        if len(values["attributes"]) > MOST_ATTRIBUTES:
            raise Refused(
                f"At most {MOST_ATTRIBUTES} attributes.", code="too_many", field="attributes"
            )
    return {name: value for name, value in values.items() if value != getattr(before, name)}


async def load_person(database: Database, viewer: Viewer, person_id: int) -> Person:
    """Raises NotFound."""
    async with database.reading() as work:
        root = (await find_conversation(work, viewer, person_id)).root_id
        person = (await load_persons(work, [root])).get(root)
    if person is None:
        raise no_person(person_id)
    return person


async def find_persons(database: Database, viewer: Viewer, text: str) -> list[PersonHit]:
    """Persons with a name or address that has this: whose is this first, then whose begins so,
    each time who last had news first; at most 20.
    """
    text = text.strip()
    if not text:
        return []
    async with database.reading() as work:
        most = MOST_FOUND if viewer.sight.is_full else MOST_LOOKED_AT
        roots = [one.root_id for one in await profiles.find_by_name(work, text, most)]
        hidden = await find_hidden(work, roots, viewer.sight)
        seen = [root for root in roots if root not in hidden.roots][:MOST_FOUND]
        found = await load_persons(work, seen)
        rows = (await load_rows(work, seen, viewer.sight, ())).shared
    return [
        PersonHit(
            id=root,
            display_name=found[root].display_name,
            identities=tuple(dict.fromkeys(one.shown_as for one in found[root].identities)),
            channels=rows[root].channels,
            snippet=rows[root].snippet,
        )
        for root in seen
        if root in found and root in rows
    ]
