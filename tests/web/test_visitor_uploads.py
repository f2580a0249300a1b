"""Files in pieces: resumed after a break, whole only with all their bytes, never too many."""

import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.services.housekeeping import end_what_is_over
from router.services.visitor_uploads import (
    LARGEST_CHUNK,
    MAX_WAITING_FILES_WORTH,
    MAX_WAITING_UPLOADS,
    SMALLEST_CHUNK,
)
from router.settings import Retention
from tests.web.desk import Answered
from tests.web.visiting import Chat, Page

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(range(256)) * 1200
HALF = 2 * SMALLEST_CHUNK


async def begin(page: Page, content: bytes, **changes: Any) -> Answered:
    body = {
        "name": "scan.png",
        "size": len(content),
        "media_type": "application/octet-stream",
        "sha256": hashlib.sha256(content).hexdigest(),
        **changes,
    }
    return await page.call("POST", "/uploads/pieces", body)


async def key_of(page: Page, content: bytes, **changes: Any) -> str:
    answered = await begin(page, content, **changes)
    assert answered.status == 201, answered.raw
    key: str = answered.body["key"]
    return key


async def put(page: Page, key: str, content: bytes, offset: int) -> Answered:
    return await page.call(
        "PATCH",
        f"/uploads/pieces/{key}",
        params={"offset": str(offset)},
        data=io.BytesIO(content),
        headers={"Content-Type": "application/octet-stream"},
    )


async def test_file_in_two_pieces_is_one_file_with_the_type_of_its_bytes(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    key = await key_of(page, PNG, media_type="text/html")

    first = await put(page, key, PNG[:HALF], 0)
    asked = await page.call("GET", f"/uploads/pieces/{key}")
    last = await put(page, key, PNG[HALF:], HALF)

    assert first.body == asked.body == {"received": HALF, "size": len(PNG), "file": None}
    file = last.body["file"]
    assert (file["name"], file["media_type"], file["size"]) == ("scan.png", "image/png", len(PNG))
    await page.say("here", attachment_ids=[file["id"]])
    [shown] = (await page.read())["messages"][0]["files"]
    assert (await page.call("GET", f"/files/{shown['id']}")).raw == PNG


async def test_answer_that_was_lost_can_be_had_again(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    key = await key_of(page, PNG)
    whole = await put(page, key, PNG, 0)

    asked = await page.call("GET", f"/uploads/pieces/{key}")
    again = await put(page, key, b"", len(PNG))

    assert whole.body == asked.body == again.body
    assert await chat.value("select count(*) from attachments") == 1
    assert await chat.value("select count(*) from visitor_upload_chunks") == 0


@pytest.mark.parametrize("offset", [0, 1, HALF - 1, HALF + 1])
async def test_piece_that_does_not_follow_is_told_where_to_go_on(chat: Chat, offset: int) -> None:
    page = await chat.visitor(await chat.site())
    key = await key_of(page, PNG)
    await put(page, key, PNG[:HALF], 0)

    wrong = await put(page, key, PNG[HALF:], offset)

    assert (wrong.status, wrong.code, wrong.body["received"]) == (409, "wrong_offset", HALF)
    assert (await put(page, key, PNG[HALF:], HALF)).body["file"] is not None


async def test_bytes_that_are_not_the_announced_ones_are_no_file(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    key = await key_of(page, PNG)
    await put(page, key, PNG[:HALF], 0)

    ended = await put(page, key, PNG[HALF:-1] + b"!", HALF)

    assert (ended.status, ended.code) == (400, "digest_mismatch")
    assert (await page.call("GET", f"/uploads/pieces/{key}")).status == 404
    assert await chat.value("select count(*) from attachments") == 0


async def test_more_bytes_than_announced_are_not_taken(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    key = await key_of(page, PNG, size=HALF)

    assert (await put(page, key, PNG, 0)).status == 413
    assert (await page.call("GET", f"/uploads/pieces/{key}")).body["received"] == 0


async def test_crumbs_and_lumps_are_refused(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    large = bytes(LARGEST_CHUNK + 1)
    key = await key_of(page, large)

    crumb = await put(page, key, large[: SMALLEST_CHUNK - 1], 0)
    lump = await put(page, key, large, 0)

    assert (crumb.status, crumb.code) == (400, "too_small")
    assert lump.status == 413


async def test_file_too_large_is_refused_before_its_bytes(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    answered = await begin(page, b"x", size=21 * 1024 * 1024)

    assert (answered.status, answered.code) == (400, "too_large")


async def test_upload_belongs_to_its_session(chat: Chat) -> None:
    site = await chat.site()
    ada, eve = await chat.visitor(site), await chat.visitor(site)
    key = await key_of(ada, PNG)

    assert (await eve.call("GET", f"/uploads/pieces/{key}")).status == 404
    assert (await put(eve, key, PNG, 0)).status == 404
    assert (await put(chat.page(site), key, PNG, 0)).status == 401


async def test_one_session_may_not_fill_the_disk(chat: Chat) -> None:
    site = await chat.site()
    page = await chat.visitor(site)
    for _ in range(MAX_WAITING_FILES_WORTH):
        await key_of(page, PNG, size=20 * 1024 * 1024)

    refused = await begin(page, PNG)

    assert (refused.status, refused.code) == (429, "too_many_uploads")
    assert refused.headers["Retry-After"]
    assert (await begin(await chat.visitor(site), PNG)).status == 201


async def test_one_session_may_not_begin_endless_files(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    for _ in range(MAX_WAITING_UPLOADS):
        await key_of(page, PNG)

    assert (await begin(page, PNG)).status == 429


async def test_unfinished_file_is_over_after_a_day(chat: Chat, clock: FakeClock) -> None:
    page = await chat.visitor(await chat.site())
    key = await key_of(page, PNG)
    await put(page, key, PNG[:HALF], 0)

    clock.advance(timedelta(hours=25))
    await end_what_is_over(chat.database, Retention())

    assert (await page.call("GET", f"/uploads/pieces/{key}")).status == 404
    assert await chat.value("select count(*) from visitor_upload_chunks") == 0


async def test_key_of_an_upload_is_stored_hashed_only(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    key = await key_of(page, PNG)

    row = await chat.row("select * from visitor_uploads")

    assert key.encode() not in row["key_hash"]
    assert key not in repr(row)


async def test_browser_may_ask_to_add_pieces(chat: Chat) -> None:
    page = chat.page(await chat.site())

    asked = await page.call(
        "OPTIONS", "/uploads/pieces/x", headers={"Access-Control-Request-Method": "PATCH"}
    )

    assert "PATCH" in asked.headers["Access-Control-Allow-Methods"]
