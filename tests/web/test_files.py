"""Files over HTTP: kept as they are, never shown as a page of ours, and mail in its safe frame."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from core.messages import InboundAttachment
from router.services.roles import Role
from router.settings import Settings
from router.storage.engine import Database
from tests.web.desk import Answered, Browser
from tests.web.room import Room, open_room

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0\x1f\x15\xc4\x89" + b"\0" * 32
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
HTML = b"<!doctype html><html><script>alert(1)</script></html>"


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    settings = Settings(max_upload_bytes=100_000)
    async with open_room(database, tmp_path, settings=settings) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def upload(browser: Browser, body: Any, name: str = "a.txt", **query: str) -> Answered:
    address = URL("/api/v1/uploads").with_query({"name": name, **query})
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/octet-stream"}
    async with browser.client.post(address, data=body, headers=headers) as response:
        return Answered(response, await response.read())


async def incoming(room: Room, content: bytes, name: str, media_type: str = "image/png") -> int:
    """A file that somebody sent; its id."""
    file = InboundAttachment(name=name, media_type=media_type, content=content)
    message = await room.stage.says("ana", "see file", attachments=(file,))
    statement = "select id from attachments where message_id = $1"
    return int(str(await room.stage.value(statement, message)))


async def test_upload_is_sent_and_comes_back_byte_for_byte(room: Room, bo: Browser) -> None:
    person = await room.stage.meets("ana")
    content = bytes(range(256)) * 30

    made = await upload(bo, content, "data.bin")
    sent = await bo.post(
        f"/conversations/{person}/messages",
        {"client_key": "k", "kind": "reply", "text": "", "attachment_ids": [made.body["id"]]},
    )
    got = await bo.get(f"/attachments/{made.body['id']}")

    assert (made.status, made.body["size"], made.body["name"]) == (201, len(content), "data.bin")
    assert [one["id"] for one in sent.body["attachments"]] == [made.body["id"]]
    assert got.raw == content


TYPES = [
    (PNG, "text/html", "image/png"),
    (SVG, "image/png", "image/svg+xml"),
    (HTML, "image/jpeg", "text/html"),
    (b"a,b\n1,2\n", "text/csv", "text/csv"),
    (b"\x01\x02\x03\xfe", "application/x-own", "application/x-own"),
    (b"\x01\x02\x03\xfe", "image/png", "application/octet-stream"),
    (b"\x01\x02\x03\xfe", "not a type", "application/octet-stream"),
]


async def test_type_is_what_the_bytes_say(room: Room, bo: Browser) -> None:
    found = [
        (await upload(bo, content, media_type=claimed)).body["media_type"]
        for content, claimed, _ in TYPES
    ]

    assert found == [expected for _, _, expected in TYPES]


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("invoice\u202egpj.exe", "invoicegpj.exe"),
    ("a\u200b.txt", "a.txt"),
    (".htaccess", "htaccess"),
    ("..", "file"),
    ("x" * 300 + ".pdf", "x" * 176 + ".pdf"),
    ("отчёт 报告.pdf", "отчёт 报告.pdf"),
    ('quo"te\r\n.txt', "quo_te.txt"),
]


async def test_name_is_made_harmless(room: Room, bo: Browser) -> None:
    for name, kept in NAMES:
        made = await upload(bo, b"x", name)

        assert made.body["name"] == kept
        got = await bo.get(f"/attachments/{made.body['id']}")
        assert got.headers["Content-Disposition"].startswith("attachment; ")
        assert "\n" not in got.headers["Content-Disposition"]


async def test_upload_past_the_limit_is_refused_and_not_kept(room: Room, bo: Browser) -> None:
    declared = await upload(bo, b"x" * 100_001)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(101):
            yield b"x" * 1_000

    streamed = await upload(bo, chunks())

    assert (declared.status, declared.code) == (413, "too_large")
    assert (streamed.status, streamed.code) == (413, "too_large")
    assert await room.stage.value("select count(*) from attachments") == 0


async def test_empty_upload_is_refused(room: Room, bo: Browser) -> None:
    assert (await upload(bo, b"")).code == "empty"


async def test_upload_is_its_agents_own_until_it_is_sent(room: Room, bo: Browser) -> None:
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    made = (await upload(bo, b"x")).body["id"]

    assert (await cy.get(f"/attachments/{made}")).status == 404
    assert (await cy.call("DELETE", f"/uploads/{made}")).status == 404
    assert (await bo.call("DELETE", f"/uploads/{made}")).status == 204
    assert (await bo.get(f"/attachments/{made}")).status == 404


PAGES = [
    (HTML, "text/html"),
    (SVG, "image/svg+xml"),
    (b"<a/>", "application/xml"),
    (PNG, "image/png"),
]


@pytest.mark.parametrize("query", ["", "?inline=1"])
async def test_file_never_acts_as_a_page(room: Room, bo: Browser, query: str) -> None:
    for content, media_type in PAGES:
        file = await incoming(room, content, "x.html", media_type)

        got = await bo.get(f"/attachments/{file}{query}")

        is_shown = query != "" and content is PNG
        assert got.headers["Content-Disposition"].startswith("inline" if is_shown else "attachment")
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Security-Policy"].startswith("sandbox")
        expected = "image/png" if content is PNG else "application/octet-stream"
        assert got.headers["Content-Type"] == expected
        assert got.raw == content


async def test_picture_that_is_none_is_not_shown(room: Room, bo: Browser) -> None:
    file = await incoming(room, HTML, "cat.png", "image/png")

    got = await bo.get(f"/attachments/{file}?inline=1")

    assert got.headers["Content-Disposition"].startswith("attachment")


VOICE = b"OggS\0\2" + bytes(8) + b"\1" + bytes(11) + b"\1\x13OpusHead\1\1" + bytes(10)


async def test_voice_message_is_heard_and_only_what_is_a_sound_by_its_bytes(
    room: Room, bo: Browser
) -> None:
    voice = await incoming(room, VOICE, "voice.ogg", "audio/ogg")
    none = await incoming(room, HTML, "voice.ogg", "audio/ogg")

    heard = await bo.get(f"/attachments/{voice}?inline=1")
    saved = await bo.get(f"/attachments/{none}?inline=1")

    assert heard.headers["Content-Disposition"].startswith("inline")
    assert heard.headers["Content-Type"] == "audio/ogg"
    assert heard.headers["Content-Security-Policy"].startswith("sandbox")
    assert saved.headers["Content-Disposition"].startswith("attachment")


PARTS = [
    ("bytes=0-1", 206, VOICE[:2], f"bytes 0-1/{len(VOICE)}"),
    ("bytes=4-", 206, VOICE[4:], f"bytes 4-{len(VOICE) - 1}/{len(VOICE)}"),
    ("bytes=-3", 206, VOICE[-3:], f"bytes {len(VOICE) - 3}-{len(VOICE) - 1}/{len(VOICE)}"),
    ("bytes=-999", 206, VOICE, f"bytes 0-{len(VOICE) - 1}/{len(VOICE)}"),
    ("bytes=2-999", 206, VOICE[2:], f"bytes 2-{len(VOICE) - 1}/{len(VOICE)}"),
    ("bytes=999-", 416, b"", f"bytes */{len(VOICE)}"),
    (f"bytes={10**17}-", 416, b"", f"bytes */{len(VOICE)}"),
    ("bytes=-0", 416, b"", f"bytes */{len(VOICE)}"),
    ("bytes=0-1,3-4", 200, VOICE, None),
    ("bytes=5-2", 200, VOICE, None),
    ("lines=1-2", 200, VOICE, None),
]


async def test_sound_comes_in_parts_as_safari_asks_for_it_and_no_other_file_does(
    room: Room, bo: Browser
) -> None:
    voice = await incoming(room, VOICE, "voice.ogg", "audio/ogg")
    image = await incoming(room, PNG, "a.png")

    for asked, status, body, told in PARTS:
        got = await bo.get(f"/attachments/{voice}?inline=1", headers={"Range": asked})
        found = (got.status, got.raw, got.headers.get("Content-Range"))
        assert found == (status, body, told), asked
        assert got.headers["Accept-Ranges"] == "bytes"
        assert got.headers["Content-Length"] == str(len(body))
    changed = {"Range": "bytes=0-1", "If-Range": '"another"'}
    assert (await bo.get(f"/attachments/{voice}?inline=1", headers=changed)).raw == VOICE
    for path in (f"/attachments/{voice}", f"/attachments/{image}?inline=1"):
        whole = await bo.get(path, headers={"Range": "bytes=0-1"})
        assert (whole.status, "Accept-Ranges" in whole.headers) == (200, False)


async def test_file_that_did_not_come_is_a_conflict(room: Room, bo: Browser) -> None:
    file = InboundAttachment(name="big.iso", refused="Too large.")
    message = await room.stage.says("ana", "see file", attachments=(file,))
    statement = "select id from attachments where message_id = $1"
    found = await room.stage.value(statement, message)

    got = await bo.get(f"/attachments/{found}")

    assert (got.status, got.code, got.body["state"]) == (409, "not_stored", "refused")


async def test_mail_is_a_document_without_scripts_and_with_its_own_pictures(
    room: Room, bo: Browser
) -> None:
    picture = InboundAttachment(name="p.png", content=PNG, content_id="p1@mail", is_inline=True)
    message = await room.stage.says(
        "ana",
        "hello",
        html='<p onclick="x()">Hi<script>alert(1)</script><img src="cid:p1@mail">'
        '<img src="https://tracker.invalid/1.png"></p>',
        attachments=(picture,),
    )

    plain = await bo.get(f"/messages/{message}/html")

    text = plain.raw.decode()
    assert plain.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script" not in text
    assert "onclick" not in text
    assert 'src="data:image/png;base64,' in text
    assert "tracker" not in text
    policy = plain.headers["Content-Security-Policy"]
    assert "default-src 'none'; img-src data:;" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


async def test_message_without_html_has_no_document(room: Room, bo: Browser) -> None:
    message = await room.stage.says("ana", "plain")

    assert (await bo.get(f"/messages/{message}/html")).status == 404


@pytest.mark.parametrize("size", [100, 100_000])
async def test_source_is_saved_as_it_came(room: Room, bo: Browser, size: int) -> None:
    raw = b"<script>" + b"x" * size
    message = await room.stage.says("ana", "hello", raw=raw, raw_media_type="message/rfc822")

    got = await bo.get(f"/messages/{message}/source")

    assert got.raw == raw
    assert got.headers["Content-Type"] == "text/plain"
    assert got.headers["Content-Disposition"].startswith("attachment")


async def test_upload_that_breaks_off_is_not_kept(room: Room, bo: Browser) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 1_000
        raise ConnectionResetError

    with pytest.raises((aiohttp.ClientError, ConnectionResetError)):
        await upload(bo, broken())

    assert await room.stage.value("select count(*) from attachments") == 0


async def test_what_an_upload_shows_goes_out_with_it_and_into_drafts(
    room: Room, bo: Browser
) -> None:
    person = await room.stage.meets("ana")
    made = (await upload(bo, PNG, "a.png")).body["id"]
    draft = f"/conversations/{person}/drafts/reply"
    await bo.call("PUT", draft, json={"text": "", "attachment_ids": [made], "revision": 0})

    said = await bo.call("PATCH", f"/uploads/{made}", json={"description": "A broken\r\nseal"})
    kept = await bo.get(draft)
    sent = await bo.post(
        f"/conversations/{person}/messages",
        {"client_key": "k", "kind": "reply", "text": "", "attachment_ids": [made]},
    )
    late = await bo.call("PATCH", f"/uploads/{made}", json={"description": "Too late"})

    assert (said.status, late.status) == (204, 404)
    assert kept.body["files"][0]["description"] == "A broken seal"
    assert sent.body["attachments"][0]["description"] == "A broken seal"
