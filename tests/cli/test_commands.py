"""The command line: what each command does, its exit code, and what it prints for programs."""

import json
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Run, on_database
from tests.connectors.email.identity_provider import provider_in_a_thread

EXIT_REFUSED, EXIT_USAGE, EXIT_DATABASE = 1, 2, 3


def with_owner(run: Run) -> None:
    added = run(
        *("agent", "add", "owner@example.com", "--name", "Owner", "--role", "owner"),
        "--password-stdin",
        stdin=b"a long password\n",
    )
    assert added.code == 0, added.err


def test_help_lists_every_command_and_the_exit_codes(run: Run) -> None:
    shown = run("--help")
    assert shown.code == 0
    for command in (
        *("serve", "migrate", "agent", "token", "account", "connector", "inspect", "person"),
        *("quarantine", "audit", "backup", "restore", "doctor", "bench", "openapi"),
    ):
        assert f"\n  {command}" in shown.out
    assert "3 the database does not answer" in shown.out


def test_an_agent_is_added_once_and_listed(run: Run) -> None:
    with_owner(run)
    again = run(
        *("agent", "add", "Owner@Example.com", "--name", "O", "--password-stdin"),
        stdin=b"a long password\n",
    )
    assert (again.code, again.err) == (
        EXIT_REFUSED,
        "onethread: There is an agent with that address.\n",
    )
    (listed,) = run("agent", "list", "--json").json["agents"]
    assert (listed["email"], listed["role"]) == ("owner@example.com", "owner")
    assert "owner@example.com" in run("agent", "list").out


def test_nothing_is_asked_without_a_terminal(run: Run) -> None:
    with_owner(run)
    for arguments in (
        ("agent", "add", "b@example.com", "--name", "B"),
        ("person", "erase", "1"),
        ("account", "remove", "1"),
    ):
        refused = run(*arguments)
        assert refused.code == EXIT_USAGE
        assert "no terminal to ask at: use --" in refused.err


def test_an_agent_may_choose_the_password_by_a_link(run: Run) -> None:
    made = run(*("agent", "add", "ada@example.com", "--name", "Ada", "--link", "--json")).json
    assert made["url"].startswith("http://127.0.0.1:8080/invite?token=")
    reset = run("agent", "reset", "ada@example.com", "--json").json
    assert reset["url"] != made["url"]
    assert run("agent", "reset", "nobody@example.com").code == EXIT_REFUSED


def test_a_token_is_printed_alone_and_needs_an_owner(run: Run) -> None:
    assert run("token", "add", "ci").code == EXIT_REFUSED
    with_owner(run)
    token = run("token", "add", "ci", "--role", "auditor")
    assert token.code == 0
    assert token.out.startswith("ot_")
    assert len(token.out.split()) == 1
    (listed,) = run("token", "list", "--json").json["tokens"]
    assert (listed["role"], "token" in listed) == ("auditor", False)
    assert run("token", "revoke", str(listed["id"])).code == 0
    assert run("token", "revoke", str(listed["id"])).code == EXIT_REFUSED


def test_the_hosts_role_is_for_tokens_alone(run: Run) -> None:
    with_owner(run)
    assert run("token", "add", "our site", "--role", "host").out.startswith("ot_")
    agent = run("agent", "add", "site@example.com", "--name", "Site", "--role", "host")
    assert agent.code == EXIT_USAGE


def test_an_account_is_added_checked_paused_and_removed(run: Run) -> None:
    settings = {
        "address": "help@example.com",
        "imap_host": "127.0.0.1",
        "imap_port": 1,
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": 1,
        "smtp_security": "none",
        "password": "canary-77aa",
    }
    made = run(
        *("account", "add", "email", "Support", "--config", "-", "--set", "imap_port=2", "--json"),
        stdin=json.dumps(settings).encode(),
    )
    assert made.code == 0, made.err
    assert made.json["state"] == "active"
    assert made.json["check"]["ok"] is False  # nobody listens there
    checked = run("account", "check", "Support", "--json")
    assert checked.code == EXIT_REFUSED
    assert checked.json["ok"] is False
    assert run("account", "pause", "Support", "--reason", "Holiday").code == 0
    listed = run("account", "list")
    assert "Support is paused: Holiday" in listed.out
    assert run("account", "pause", "Support").code == EXIT_REFUSED
    assert run("account", "resume", str(made.json["id"])).code == 0
    assert run("account", "remove", "Support", "--yes").code == 0
    assert run("account", "check", "Support").code == EXIT_REFUSED
    assert run("account", "list").out == "(none)\n"
    for shown in (made, checked, listed):
        assert "canary-77aa" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (("none", "X"), b"", EXIT_REFUSED, "There is no channel 'none'"),
        (("email", "X"), b"", EXIT_REFUSED, "(config.address)"),
        (("email", "X", "--config", "-"), b"{", EXIT_USAGE, "--config -"),
        (("email", "X", "--config", "none.toml"), b"", EXIT_USAGE, "none.toml"),
        (("email", "X", "--set", "port"), b"", EXIT_USAGE, "NAME=VALUE"),
    ],
)
def test_a_wrong_account_is_refused_with_the_field(
    run: Run, arguments: tuple[str, ...], stdin: bytes, code: int, words: str
) -> None:
    refused = run("account", "add", *arguments, stdin=stdin)
    assert refused.code == code
    assert words in refused.err


def test_channels_are_listed_without_a_database(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONETHREAD_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    channels = run("connector", "list", "--json").json["channels"]
    assert "email" in {one["channel"] for one in channels}


def test_inspect_reads_a_raw_mail_into_one_object(run: Run) -> None:
    mail = b"From: Ana <ana@example.com>\r\nTo: help@example.com\r\nSubject: Hello\r\n\r\nHi\r\n"
    shown = run("inspect", "email", stdin=mail)
    assert shown.code == 0, shown.err
    assert shown.out.count("\n") == 1
    assert (shown.json["subject"], shown.json["from_address"]) == ("Hello", "ana@example.com")
    assert run("inspect", "none").code == EXIT_REFUSED


def test_inspect_takes_what_the_accounts_settings_would_say(run: Run) -> None:
    mail = (
        b"Authentication-Results: mx.example.com; dmarc=pass header.from=people.example\r\n"
        b"From: ana@people.example\r\n\r\nHi\r\n"
    )
    plain = run("inspect", "email", stdin=mail)
    chosen = run("inspect", "email", "--option", "authserv_ids=mx.example.com", stdin=mail)
    assert plain.json["authentication"]["level"] == 0
    assert chosen.json["authentication"]["level"] == 1
    wrong = run("inspect", "email", "--option", "colour=red", stdin=mail)
    assert wrong.code == EXIT_REFUSED
    assert "authserv_ids" in wrong.err


def test_a_database_that_does_not_answer_has_a_code_and_no_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONETHREAD_DATABASE_URL", "postgresql://o:canary-77aa@127.0.0.1:1/none")
    refused = run("agent", "list")
    assert refused.code == EXIT_DATABASE
    assert refused.err.startswith("onethread: PostgreSQL does not answer")
    assert "canary-77aa" not in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize(
    "arguments",
    [("serve",), ("migrate",), ("agent", "list"), ("doctor",)],
)
def test_a_wrong_setting_stops_with_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ONETHREAD_LISTEN", "everywhere")
    refused = run(*arguments)
    assert refused.code in (EXIT_USAGE, EXIT_REFUSED)
    said = refused.err + refused.out
    assert "listen (ONETHREAD_LISTEN): must be host:port" in said
    assert "Traceback" not in said


def test_a_folder_that_cannot_be_made_is_named_with_its_setting(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("ONETHREAD_DATA_DIR", str(tmp_path / "taken"))
    refused = run("agent", "list")
    assert refused.code == EXIT_USAGE
    assert refused.err.startswith("onethread: data_dir (ONETHREAD_DATA_DIR): ")
    assert run("doctor", "--offline").code == EXIT_REFUSED


def test_a_database_of_a_newer_version_is_left_alone(run: Run, database_url: str) -> None:
    on_database(database_url, "update alembic_version set version_num = '9999'")
    refused = run("agent", "list")
    assert refused.code == EXIT_DATABASE
    assert "made by a newer onethread (revision 9999)" in refused.err
    assert "newer onethread" in run("doctor", "--offline").out


def test_serve_refuses_roles_that_there_are_not(run: Run) -> None:
    for roles in ("web,janitor", "", ","):
        assert run("serve", "--roles", roles).code == EXIT_USAGE


def test_deadlines_are_derived_anew(run: Run) -> None:
    found = run("deadlines", "rebuild")

    assert (found.code, found.out.strip()) == (0, "Derived anew: the deadlines of 0 cases.")


def test_audit_verify_prints_a_head_that_proves_the_tail(run: Run) -> None:
    with_owner(run)
    found = run("audit", "verify", "--json").json
    assert (found["is_whole"], found["entries"]) == (True, 1)
    assert run("audit", "verify", "--head", found["head"], "--entries", "1").code == 0
    cut = run("audit", "verify", "--head", "ff" * 32)
    assert (cut.code, cut.out) == (
        EXIT_REFUSED,
        "Broken: the entry noted as the last one is gone.\n",
    )


def test_quarantine_is_empty_at_first(run: Run) -> None:
    assert run("quarantine", "list", "--json").json == {"entries": []}
    assert run("quarantine", "show", "1").code == EXIT_REFUSED
    assert run("quarantine", "replay", "1").code == EXIT_REFUSED


def test_an_unknown_person_is_refused(run: Run, tmp_path: Path) -> None:
    for arguments in (
        ("show", "9"),
        ("export", "9", str(tmp_path / "out")),
        ("erase", "9", "--yes"),
        ("merge", "8", "9", "--reason", "one"),
        ("split", "9", "--reason", "two"),
        ("split", "--identity", "9", "--reason", "three"),
    ):
        refused = run("person", *arguments)
        assert refused.code == EXIT_REFUSED, refused.err
        assert refused.err.startswith("onethread: There is no ")


def test_people_are_merged_split_and_joined_again_by_their_numbers(
    run: Run, database_url: str
) -> None:
    on_database(
        database_url,
        "with p as (insert into persons (id, root_id, display_name, created_at)"
        " values (1, 1, 'Ana', now()), (2, 2, 'Bo', now()) returning id)"
        " insert into identities (id, realm, handle, home_person_id, created_at, seen_at)"
        " select 10 + id, 'sample', 'h' || id, id, now(), now() from p",
    )
    roots = "select root_id from persons order by id"

    run("person", "merge", "2", "1", "--reason", "one")
    assert on_database(database_url, roots) == [(1,), (1,)]
    split = run("person", "split", "--identity", "12", "--reason", "two", "--json")
    assert on_database(database_url, roots) == [(1,), (2,)]
    again = run("person", "split", str(split.json["merge_id"]), "--reason", "not so")

    assert again.out == "Persons 2 and 1 are one again.\n"
    assert on_database(database_url, roots) == [(1,), (1,)]
    assert run("person", "split", "--reason", "which?").code == EXIT_USAGE


def test_doctor_says_that_all_is_well_or_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run("doctor", "--offline", "--json")
    named = {one["name"]: one for one in found.json["findings"]}
    assert named["database"]["level"] == "ok"
    assert named["schema"]["level"] == "ok"
    assert named["agents"]["level"] == "warning"
    for one in named.values():
        assert one["fix"] or one["level"] == "ok"
    monkeypatch.setenv("ONETHREAD_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    broken = run("doctor")
    assert broken.code == EXIT_REFUSED
    assert "FAULT  database: PostgreSQL does not answer" in broken.out
    assert "ONETHREAD_DATABASE_URL" in broken.out


def test_doctor_finds_a_paused_account_and_a_lost_key(run: Run, tmp_path: Path) -> None:
    added = run(
        *("account", "add", "webchat", "Site", "--config", "-"),
        stdin=json.dumps({"site": "shop", "keys": [{"kid": "1", "key": "k" * 40}]}).encode(),
    )
    assert added.code == 0, added.err
    run("account", "pause", "Site", "--reason", "Holiday")
    (tmp_path / "data" / "secret_key").write_text("another key that is long enough, really")
    found = {one["name"]: one for one in run("doctor", "--json").json["findings"]}
    assert found["account Site"]["detail"] == "paused: Holiday"
    assert "onethread account resume" in found["account Site"]["fix"]
    assert found["secrets"]["level"] == "fault"
    (tmp_path / "data" / "secret_key").chmod(0o644)
    found = {one["name"]: one for one in run("doctor", "--json").json["findings"]}
    assert found["secret key"]["fix"].startswith("chmod 600")


def test_a_new_connector_is_written_once(run: Run, tmp_path: Path) -> None:
    made = run("connector", "new", "pager", "--into", str(tmp_path / "pager"))
    assert made.code == 0, made.err
    assert (tmp_path / "pager" / "manifest.toml").is_file()
    assert run("connector", "new", "pager", "--into", str(tmp_path / "pager")).code == EXIT_REFUSED
    assert run("connector", "new", "Bad Name").code == EXIT_REFUSED


def test_an_account_is_let_in_by_its_owner_and_runs_again(
    run: Run, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("ONETHREAD_EGRESS_ALLOW", '["127.0.0.1/32"]')
    with (
        provider_in_a_thread() as provider,
        socket.create_server(("127.0.0.1", 0)) as mail,  # reached, and never asked for more
    ):
        provider.new_refresh_token = "refresh-9"
        settings = provider.settings("microsoft", oauth_refresh_token=None)
        mailbox = {
            "address": "help@desk.example",
            "imap_host": "127.0.0.1",
            "imap_port": mail.getsockname()[1],
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": mail.getsockname()[1],
            "smtp_security": "none",
        }
        added = run(
            *("account", "add", "email", "Support mail", "--config", "-", "--json"),
            stdin=json.dumps(mailbox | settings).encode(),
        )
        said = " ".join(step["detail"] for step in added.json["check"]["steps"])
        assert "onethread account authorise" in said
        on_database(
            database_url,
            "update accounts set state = 'paused', paused_code = 'auth_refused' returning id",
        )
        let_in = run("account", "authorise", "Support mail")
        assert (let_in.code, let_in.out) == (0, "Support mail is let in and runs.\n")
        assert "ABCD-EFGH" in let_in.err
    [(config, sealed)] = on_database(
        database_url, "select config ->> 'oauth_refresh_token', sealed_secrets from accounts"
    )
    assert config == "********"
    assert b"refresh-9" not in sealed


def test_an_account_with_a_password_needs_nobody_to_let_it_in(run: Run) -> None:
    added = run("account", "add", "webchat", "Site chat", "--json", "--set", "site=shop")
    refused = run("account", "authorise", "Site chat")
    assert added.code == 0
    assert refused.code == EXIT_REFUSED
    assert "permission" in refused.err


def test_conversation_is_read_and_searched_at_a_terminal(run: Run, database_url: str) -> None:
    on_database(
        database_url,
        "insert into persons (id, root_id, display_name, created_at) overriding system value"
        " values (7, 7, 'Ana', now()) returning id",
    )
    missing = run("conversation", "show", "8")
    assert (missing.code, "no person 8" in missing.err) == (EXIT_REFUSED, True)
    assert run("conversation", "show", "7", "--json").json["messages"] == []
    wrong = run("conversation", "search", "from:")
    assert (wrong.code, wrong.err.startswith("onethread: ")) == (EXIT_REFUSED, True)
    assert run("conversation", "search", "withdrawal", "--json").json["conversations"] == []
    assert run("conversation", "search", "withdrawal").out == "(none)\n"
