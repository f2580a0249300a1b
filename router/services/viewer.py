"""For whom something is read: an agent, and how far they see."""

from dataclasses import dataclass

from router.services.callers import Caller
from router.services.errors import NotFound
from router.storage import persons
from router.storage.sight import FULL_SIGHT, Hidden, Sight, find_hidden
from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Viewer:
    agent_id: int
    sight: Sight = FULL_SIGHT


def viewer_of(caller: Caller) -> Viewer:
    return Viewer(caller.agent_id, Sight(caller.access_classes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A conversation that the viewer may read."""

    root_id: int
    hidden: Hidden

    @property
    def hidden_cases(self) -> frozenset[int]:
        return self.hidden.cases_of(self.root_id)


async def find_conversation(work: UnitOfWork, viewer: Viewer, person_id: int) -> Found:
    """The conversation of this person, through whoever stands for them.

    Raises NotFound: there is no such person, or the viewer sees none of their cases.
    """
    root = (await persons.roots_of(work, [person_id])).get(person_id)
    if root is None:
        raise no_person(person_id)
    hidden = await find_hidden(work, [root], viewer.sight)
    if root in hidden.roots:
        raise no_person(person_id)
    return Found(root_id=root, hidden=hidden)


def no_person(person_id: int) -> NotFound:
    return NotFound(f"There is no person {person_id}.")
