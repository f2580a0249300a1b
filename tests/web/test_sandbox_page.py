"""The sandbox's page: there with a sandbox only, strict, and its people really reach the desk."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest

from connectors.webchat.sandbox import WebchatSandbox
from core.clock import FakeClock
from core.sandbox import Sandbox, SandboxDesk, SandboxField, SandboxLine
from router.runtime.sandboxes import host_tokens
from router.services.roles import Role
from router.settings import Settings
from router.storage.engine import Database
from router.web.sandbox_people import SCRIPT
from router.web.sandbox_words import WORDS
from tests.web.desk import Answered, Desk
from tests.web.visiting import Chat, Site, open_chat


@dataclass(slots=True)
class Play:
    chat: Chat
    site: Site
    sandbox: WebchatSandbox

    async def call(self, method: str, path: str, json: object = None) -> Answered:
        url = self.chat.url(path)
        async with self.chat.http.request(method, url, json=json) as response:
            return Answered(response, await response.read())

    async def fill(self, path: str, **form: str) -> Answered:
        """Send a form of the network's own page, from that page."""
        url = self.chat.url(path)
        async with self.chat.http.post(url, data=form) as response:
            return Answered(response, await response.read())

    async def say(self, text: str, **more: object) -> Answered:
        line = {"person": "Grace Hopper", "address": "grace@people.example", "text": text, **more}
        return await self.call("POST", f"/sandbox/{self.site.account}/say", line)


@pytest.fixture
async def play(database: Database, tmp_path: Path) -> AsyncIterator[Play]:
    sandbox = WebchatSandbox(database.clock)
    await sandbox.start(tmp_path)
    sandboxes: dict[int, Sandbox] = {}
    settings = Settings.model_validate({"host": {"step_up_url": "http://127.0.0.1/prove"}})
    async with open_chat(database, tmp_path, sandboxes=sandboxes, settings=settings) as chat:
        config = sandbox.account_config()
        site = await chat.site(**config)
        sandboxes[site.account] = sandbox
        sandbox.attach(
            SandboxDesk(
                url=chat.url(""), hook_token=site.hook, make_host_token=host_tokens(database)
            )
        )
        yield Play(chat, site, sandbox)
        await sandbox.stop()


async def test_production_desk_has_no_sandbox(desk: Desk) -> None:
    browser = await desk.browser()

    for path in ("/sandbox", "/sandbox/sandbox.js", "/sandbox/script/lines", "/sandbox/1/site"):
        assert (await browser.get(path, is_api=False)).status == 404
    line = {"person": "a", "address": "a@b.example", "text": "Hello"}
    headers = {"Origin": "http://127.0.0.1:8080"}
    said = await browser.post("/sandbox/1/say", line, is_api=False, headers=headers)
    assert said.status == 404


async def test_page_shows_each_networks_fields_and_runs_nothing_inline(play: Play) -> None:
    page = await play.call("GET", "/sandbox")

    assert page.status == 200
    text = page.raw.decode()
    assert 'value="grace@people.example"' in text
    assert f'href="/sandbox/{play.site.account}/site"' in text
    assert "<script>" not in text
    assert "style=" not in text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("language", sorted(WORDS))
async def test_page_speaks_the_browsers_language(play: Play, language: str) -> None:
    url = play.chat.url("/sandbox")
    headers = {"Accept-Language": f"xx, {language}-CH;q=0.8, en;q=0.5"}
    async with play.chat.http.get(url, headers=headers) as response:
        text = await response.text()
    fields = play.sandbox.fields()

    assert f'<html lang="{language}">' in text
    assert escape(WORDS[language]["story_6"]) in text
    assert all(escape(one.shown(one.label, language)) in text for one in fields)
    assert "{" not in text.replace(escape(WORDS[language]["answered"]), "").partition("<main>")[2]
    if language != "en":
        assert not any(f">{one.label}</label>" in text for one in fields)
        assert WORDS["en"]["script_intro"] not in text


def test_every_language_has_every_word() -> None:
    assert {tuple(sorted(words)) for words in WORDS.values()} == {tuple(sorted(WORDS["en"]))}
    assert set(WORDS) == {"en", "zh", "ru"}


async def test_only_networks_that_tell_of_changes_offer_them(play: Play) -> None:
    page = (await play.call("GET", "/sandbox")).raw.decode()
    assert "Change the last one" not in page
    assert "Delete the last one" not in page
    line = {"person": "Grace Hopper", "address": "grace@people.example", "text": "Hello"}

    for act in ("change", "delete"):
        answer = await play.call("POST", f"/sandbox/{play.site.account}/{act}", line)

        assert answer.status == 400
        assert answer.body["code"] == "not_said"


async def test_signed_person_reaches_the_desk_and_hears_the_answer(play: Play) -> None:
    assert (await play.say("Hello")).status == 204

    row = await play.chat.row("select text, level, author_name from messages")
    assert (row["text"], row["level"], row["author_name"]) == ("Hello", 2, "Grace Hopper")
    await play.chat.answer(play.chat.page(play.site), "Good day")
    heard = await play.call(
        "GET", f"/sandbox/{play.site.account}/heard?address=grace@people.example"
    )
    assert [one["text"] for one in heard.body] == ["Good day"]


async def test_unknown_person_is_somebody_else(play: Play) -> None:
    await play.say("Hello")
    await play.say("I am Grace, really", is_authenticated=False)

    assert await play.chat.value("select count(distinct person_id) from messages") == 2
    assert await play.chat.value("select min(level) from messages") == 1


async def test_sessions_outlive_the_sandboxs_restart(play: Play, tmp_path: Path) -> None:
    await play.say("Hello")
    again = WebchatSandbox(play.chat.database.clock)
    await again.start(tmp_path)
    again.attach(SandboxDesk(url=play.chat.url(""), hook_token=play.site.hook))
    await play.chat.answer(play.chat.page(play.site), "Good day")

    heard = await again.heard("grace@people.example")

    assert [one.text for one in heard] == ["Good day"]
    await again.stop()


async def test_site_changes_its_key_and_people_stay_signed_in(play: Play, clock: FakeClock) -> None:
    assert (await play.say("With the first key")).status == 204
    page = await play.call("GET", f"/sandbox/{play.site.account}/change-key?as=grace")
    clock.advance(timedelta(minutes=1))
    other = {"person": "Wei", "address": "wei@people.example"}

    assert (await play.say("With the second key", **other)).status == 204

    assert "<code>site-2</code>" in page.raw.decode()
    assert await play.chat.value("select min(level) from messages") == 2


async def test_own_page_carries_the_widget_under_a_strict_policy(play: Play) -> None:
    page = await play.call("GET", f"/sandbox/{play.site.account}/site?as=grace")

    assert f'data-account="{play.site.hook}"' in page.raw.decode()
    assert "require-trusted-types-for 'script'" in page.headers["Content-Security-Policy"]
    for name in ("site.css", "site.js"):
        assert (await play.call("GET", f"/sandbox/{play.site.account}/{name}")).status == 200
    for name in ("missing", "../sandbox.py", "token"):
        path = f"/sandbox/{play.site.account}/{name}"
        assert (await play.call("GET", path)).status == 404


async def test_token_of_the_make_believe_site_is_good(play: Play) -> None:
    path = f"/sandbox/{play.site.account}/token?as=grace"
    token = (await play.call("GET", path)).body["token"]

    opened = await play.chat.page(play.site, Origin="http://127.0.0.1:9").open(token)

    assert opened.body["is_signed"]


async def test_scripted_lines_are_there_in_three_scripts(play: Play) -> None:
    lines = (await play.call("GET", "/sandbox/script/lines")).body

    assert len(lines) == len(SCRIPT)
    texts = "".join(line["text"] for line in lines)
    assert any("\u4e00" <= one <= "\u9fff" for one in texts)
    assert any("\u0400" <= one <= "\u04ff" for one in texts)
    assert [line["is_authenticated"] for line in lines].count(False) == 1
    for line in lines:
        assert (await play.say(**line)).status == 204


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"person": "a", "address": "", "text": "x"}, "address"),
        ({"person": "a", "text": "x"}, "address"),
        ({"person": "a", "address": "b", "text": 7}, "text"),
    ],
)
async def test_malformed_line_names_the_field(
    play: Play, line: dict[str, object], field: str
) -> None:
    answered = await play.call("POST", f"/sandbox/{play.site.account}/say", line)

    assert (answered.status, answered.body["field"]) == (400, field)


async def test_foreign_page_cannot_play(play: Play) -> None:
    url = play.chat.url(f"/sandbox/{play.site.account}/say")
    line = {"person": "a", "address": "a@b.example", "text": "Hello"}
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    async with play.chat.http.post(url, json=line, headers=headers) as response:
        assert response.status == 403


class ChoosingSandbox(WebchatSandbox):
    """On a network where one can speak in several places."""

    def fields(self) -> Sequence[SandboxField]:
        choices = ("In private", "In <public>")
        return (SandboxField(name="place", label="Where", default="In <public>", choices=choices),)

    async def say(self, line: SandboxLine) -> None:
        raise ValueError(f"not at {line.place!r}")


async def test_person_chooses_among_the_places_of_a_network(
    database: Database, tmp_path: Path
) -> None:
    sandboxes: dict[int, Sandbox] = {1: ChoosingSandbox(database.clock)}
    settings = Settings.model_validate({"host": {"step_up_url": "http://127.0.0.1/prove"}})
    async with open_chat(database, tmp_path, sandboxes=sandboxes, settings=settings) as chat:
        async with chat.http.get(chat.url("/sandbox")) as response:
            text = await response.text()
        line = {"person": "Ann", "address": "7", "text": "Hi", "place": "In <public>"}
        async with chat.http.post(chat.url("/sandbox/1/say"), json=line) as response:
            said = await response.json()

    assert '<option value="In &lt;public&gt;" selected>In &lt;public&gt;</option>' in text
    assert "In <public>" in said["detail"]


async def test_sites_own_page_confirms_a_step_up_of_the_account_that_was_asked(play: Play) -> None:
    await play.say("May I have my money?")
    owner = await play.chat.desk.signed_in(Role.OWNER, "bo@example.com")
    [person] = (await owner.get("/conversations/index?view=all")).body["ids"]
    conversation = (await owner.get(f"/conversations/{person}")).body
    known = conversation["person"]["identities"]
    [identity] = [one for one in known if one["realm"].startswith("web:")]
    asked = await owner.post(
        f"/cases/{conversation['cases'][0]['id']}/step-ups", {"identity_id": identity["id"]}
    )
    assert asked.status == 201, asked.raw
    line_id = await play.chat.value("select max(id) from messages where direction = 'out'")
    await play.chat.settle(line_id, "sent")
    [line] = await play.sandbox.heard("grace@people.example")
    token = line.text.split("step_up=")[1].split()[0]
    path = f"/sandbox/{play.site.account}/prove"

    page = await play.call("GET", f"{path}?step_up={token}")
    wrong = await play.fill(path, step_up=token, **{"as": "wei"})
    right = await play.fill(path, step_up=token, **{"as": "grace"})
    again = await play.fill(path, step_up=token, **{"as": "grace"})

    assert f'value="{token}"' in page.raw.decode()
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    said = [one.raw.decode() for one in (wrong, right, again)]
    assert ["Not confirmed" in one for one in said] == [True, False, True]
    case = (await owner.get(f"/conversations/{person}")).body["cases"][0]
    assert [one["state"] for one in case["step_ups"]] == ["granted"]


async def test_form_of_a_page_that_is_not_there_or_is_too_large_is_refused(play: Play) -> None:
    path = f"/sandbox/{play.site.account}/prove"

    assert (await play.fill(f"{path}s", step_up="x")).status == 404
    assert (await play.fill(path, step_up="x")).status == 404
    assert (await play.fill(path, step_up="x" * 20_000)).status == 413
    no_owner = await play.fill(path, step_up="x", **{"as": "grace"})
    assert (no_owner.status, no_owner.code) == (400, "not_said")
