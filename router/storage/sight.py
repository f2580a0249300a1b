"""Which cases somebody may see, and so which messages, files and whole conversations."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from router.storage.unit_of_work import UnitOfWork

ACCESS_CLASSES = ("normal", "fraud", "kyc", "legal")


@dataclass(frozen=True, slots=True)
class Sight:
    """The access classes whose cases are seen. Equal sights see the same."""

    classes: frozenset[str]

    @property
    def is_full(self) -> bool:
        return self.classes.issuperset(ACCESS_CLASSES)

    @property
    def listed(self) -> list[str]:
        return sorted(self.classes)

    @property
    def bits(self) -> int:
        """One for each class, in the order of `ACCESS_CLASSES`."""
        return sum(1 << at for at, one in enumerate(ACCESS_CLASSES) if one in self.classes)


FULL_SIGHT = Sight(frozenset(ACCESS_CLASSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What a sight does not reach in some conversations, by root."""

    cases: Mapping[int, frozenset[int]]
    roots: frozenset[int]
    """Conversations of which nothing at all is seen: to this caller they don't exist."""

    def cases_of(self, root_id: int) -> frozenset[int]:
        return self.cases.get(root_id, frozenset())

    @property
    def every_case(self) -> list[int]:
        return sorted(case for cases in self.cases.values() for case in cases)


NOTHING_HIDDEN = Hidden(cases={}, roots=frozenset())


async def find_hidden(work: UnitOfWork, root_ids: Collection[int], sight: Sight) -> Hidden:
    """The cases of these conversations that the sight does not reach."""
    if sight.is_full or not root_ids:
        return NOTHING_HIDDEN
    rows = await work.driver.fetch(
        """
        select p.root_id, array_agg(c.id) as cases
        from persons p join cases c on c.person_id = p.id
        where p.root_id = any($1::bigint[])
          and c.access_class <> 'normal' and c.access_class <> all($2::text[])
        group by p.root_id
        """,
        list(root_ids),
        sight.listed,
    )
    if not rows:
        return NOTHING_HIDDEN
    cases = {row["root_id"]: frozenset(row["cases"]) for row in rows}
    seen = await work.driver.fetch(
        """
        select p.root_id from persons p
        where p.root_id = any($1::bigint[])
          and exists (select from cases c
                      where c.person_id = p.id and c.access_class = any($2::text[]))
        """,
        list(cases),
        sight.listed,
    )
    return Hidden(cases=cases, roots=frozenset(cases) - {row["root_id"] for row in seen})


async def restricted_roots(work: UnitOfWork, root_ids: Collection[int]) -> frozenset[int]:
    """Those of these conversations in which sights may differ."""
    rows = await work.driver.fetch(
        """
        select distinct p.root_id from persons p join cases c on c.person_id = p.id
        where p.root_id = any($1::bigint[]) and c.access_class <> 'normal'
        """,
        list(root_ids),
    )
    return frozenset(row["root_id"] for row in rows)
