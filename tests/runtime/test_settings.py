"""Wrong settings are one sentence that names the setting and the fix."""

from pathlib import Path

import pytest

from router.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"listen": "8080"}, "listen (ONETHREAD_LISTEN): must be host:port"),
        ({"listen": "0.0.0.0:80"}, "public_url must be set"),
        ({"database_url": "mysql://x"}, "must be a PostgreSQL address"),
        ({"public_url": "support.example.com"}, "must be a web address"),
        ({"secret_key": "short"}, "at least 32 characters"),
        ({"lisen": "127.0.0.1:1"}, "unknown setting lisen"),
    ],
)
def test_wrong_setting_is_named_with_its_fix(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(**values)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://host.example/prove",
        "https://",
        "https://me:secret@host.example/prove",
        "https://host.example/prove#part",
        "javascript:alert(1)",
        "http://127.0.0.1.host.example/prove",
    ],
)
def test_step_up_leads_to_a_safe_address_only(url: str) -> None:
    with pytest.raises(SettingsError, match=r"host\.step_up_url .*must be an https address"):
        load_settings(host={"step_up_url": url})


@pytest.mark.parametrize("url", ["https://host.example/prove?x=1", "http://127.0.0.1:9/prove"])
def test_step_up_may_be_tried_out_on_this_machine(url: str) -> None:
    assert load_settings(host={"step_up_url": url}).host.step_up_url == url


def test_environment_overrides_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("onethread.toml").write_text('listen = "127.0.0.1:1"\n[retention]\noutbox_hours = 2\n')
    monkeypatch.setenv("ONETHREAD_LISTEN", "127.0.0.1:2")
    settings = load_settings()

    assert (settings.listen, settings.retention.outbox_hours) == ("127.0.0.1:2", 2)


def test_broken_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("onethread.toml").write_text("listen = ")

    with pytest.raises(SettingsError, match=r"onethread\.toml cannot be read"):
        load_settings()


def test_secret_key_is_in_no_repr() -> None:
    assert "verysecret" not in repr(load_settings(secret_key="verysecret" * 5))
