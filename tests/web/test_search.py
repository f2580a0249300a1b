"""Search over HTTP: how it says what is wrong with a query."""

from urllib.parse import quote

import pytest

from tests.web.desk import Desk


@pytest.mark.parametrize(
    ("query", "code", "spot"),
    [
        ("refund froom:ana", "query_unknown_operator", (7, 5)),
        ("sla:soon", "query_unknown_value", (4, 4)),
        ("a assignee:nobody", "query_no_such", (2, 15)),
        ("a" * 1_001, "invalid", None),
        ("\0", "invalid", None),
    ],
)
async def test_a_wrong_query_names_the_characters_that_are_wrong(
    desk: Desk, query: str, code: str, spot: tuple[int, int] | None
) -> None:
    bo = await desk.signed_in()

    answered = await bo.get(f"/search?q={quote(query)}")

    assert (answered.status, answered.code, answered.body["field"]) == (400, code, "q")
    assert spot is None or (answered.body["at"], answered.body["length"]) == spot
