"""Files of visitors: theirs to send and to fetch, nobody else's, and harmless in a browser."""

import io

import pytest

from tests.web.visiting import Chat, Page


async def upload(
    page: Page, name: str, content: bytes = b"hello", media: str = "text/plain"
) -> int:
    answered = await page.call(
        "POST",
        "/uploads",
        params={"name": name},
        data=io.BytesIO(content),
        headers={"Content-Type": media},
    )
    assert answered.status == 201, answered.raw
    uploaded: int = answered.body["id"]
    return uploaded


async def test_file_goes_with_its_message_and_comes_back(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    file = await upload(page, "receipt.txt", b"paid")

    sent = await page.say("", attachment_ids=[file])

    assert sent.status == 200
    [message] = (await page.read())["messages"]
    [shown] = message["files"]
    assert (shown["name"], shown["size"]) == ("receipt.txt", 4)
    assert sent.body["files"] == [shown]
    fetched = await page.call("GET", f"/files/{shown['id']}")
    assert fetched.raw == b"paid"


async def test_message_with_a_file_may_be_posted_again(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    file = await upload(page, "receipt.txt")

    once = await page.say("here", "a", attachment_ids=[file])
    again = await page.say("here", "a", attachment_ids=[file])

    assert once.body == again.body
    assert len((await page.read())["messages"][0]["files"]) == 1


@pytest.mark.parametrize(
    ("name", "media"), [("page.html", "text/html"), ("logo.svg", "image/svg+xml")]
)
async def test_file_is_never_a_page_of_ours(chat: Chat, name: str, media: str) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("", attachment_ids=[await upload(page, name, b"<script>", media)])
    [message] = (await page.read())["messages"]

    fetched = await page.call("GET", f"/files/{message['files'][0]['id']}")

    assert fetched.headers["Content-Disposition"].startswith("attachment;")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in fetched.headers["Content-Security-Policy"]
    assert "no-store" in fetched.headers["Cache-Control"]


async def test_file_of_another_visitor_is_not_found(chat: Chat) -> None:
    site = await chat.site()
    ada, eve = await chat.visitor(site), await chat.visitor(site)
    file = await upload(ada, "passport.jpg")
    await ada.say("", attachment_ids=[file])
    [message] = (await ada.read())["messages"]

    assert (await eve.call("GET", f"/files/{message['files'][0]['id']}")).status == 404
    assert (await eve.call("GET", f"/files/{file}")).status == 404
    stolen = await eve.say("mine now", attachment_ids=[file])
    assert (stolen.status, stolen.body["field"]) == (400, "attachment_ids[0]")


async def test_upload_that_was_not_sent_is_nowhere(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    file = await upload(page, "receipt.txt")

    assert (await page.call("GET", f"/files/{file}")).status == 404


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\boot.ini", "boot.ini"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\u0000b\u200b.txt", "ab.txt"),
        ("...", "file"),
    ],
)
async def test_names_are_made_harmless(chat: Chat, name: str, kept: str) -> None:
    page = await chat.visitor(await chat.site())
    file = await upload(page, name.replace("\u0000", ""))

    assert await chat.value("select name from attachments where id = $1", file) == kept


async def test_too_large_file_is_refused_whether_it_says_so_or_not(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    from connectors.webchat.connector import WebchatConnector

    small = msgspec.structs.replace(
        WebchatConnector.capabilities,
        files=msgspec.structs.replace(WebchatConnector.capabilities.files, max_size=100),
    )
    monkeypatch.setattr(WebchatConnector, "capabilities", small)
    page = await chat.visitor(await chat.site())

    async def dripping():  # type: ignore[no-untyped-def]  # a body without a length
        for _ in range(11):
            yield b"x" * 10

    declared = await page.call(
        "POST", "/uploads", params={"name": "a"}, data=io.BytesIO(b"x" * 101)
    )
    dripped = await page.call("POST", "/uploads", params={"name": "a"}, data=dripping())

    assert declared.status == dripped.status == 413
    assert await chat.value("select count(*) from attachments") == 0


async def test_empty_file_is_refused(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    answered = await page.call("POST", "/uploads", params={"name": "a"}, data=io.BytesIO(b""))

    assert answered.status == 400


async def test_uploads_need_a_session_and_a_name(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())

    nameless = await page.call("POST", "/uploads", data=io.BytesIO(b"x"))
    page.token = None
    nobody = await page.call("POST", "/uploads", params={"name": "a"}, data=io.BytesIO(b"x"))

    assert (nameless.status, nobody.status) == (400, 401)
