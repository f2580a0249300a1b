"""`onethread ladder`: operators order the accounts by which answers go on."""

from tests.cli.conftest import Run, on_database


def test_order_is_set_by_labels_listed_and_taken_back(run: Run, database_url: str) -> None:
    for label in ("Letters", "Bot"):
        on_database(
            database_url,
            "insert into accounts (channel, label, hook_token, created_at)"
            f" values ('sample', '{label}', '{label}', now())",
        )

    assert run("ladder", "set", "desk", "Letters", "Bot").code == 0
    assert run("ladder", "set", "Bot").code == 0
    shown = run("ladder", "list", "--json").json
    cleared = run("ladder", "clear", "desk")

    assert shown["orders"] == [
        {"from": "desk", "to": ["Letters", "Bot"]},
        {"from": "Bot", "to": []},
    ]
    assert cleared.code == 0
    assert run("ladder", "list", "--json").json["orders"] == [{"from": "Bot", "to": []}]


def test_account_that_is_not_there_is_refused(run: Run) -> None:
    ran = run("ladder", "set", "desk", "Nothing")

    assert ran.code == 1
    assert "There is no account 'Nothing'" in ran.err
