"""Settings of one site, and which pages may embed its widget."""

from typing import Any

import pytest

from connectors.webchat.config import Config
from connectors.webchat.connector import WebchatConnector
from core.testing.builders import connector_context


def connector(*allowed: str, public_url: str = "https://desk.example") -> WebchatConnector:
    config = Config.model_validate({"site": "shop", "allowed_origins": allowed})
    return WebchatConnector(config, connector_context(public_url=public_url))


@pytest.mark.parametrize(
    ("pattern", "origin", "may"),
    [
        ("https://shop.example", "https://shop.example", True),
        ("https://shop.example/", "https://shop.example", True),
        ("https://SHOP.example", "https://shop.example", True),
        ("https://shop.example", "http://shop.example", False),
        ("https://shop.example", "https://shop.example:8443", False),
        ("https://shop.example", "https://shop.example.evil.example", False),
        ("https://shop.example", "https://evil-shop.example", False),
        ("https://shop.example", "https://evil.example/https://shop.example", False),
        ("https://shop.example", "https://shop.example@evil.example", False),
        ("https://shop.example", "null", False),
        ("https://shop.example", "", False),
        ("https://*.shop.example", "https://www.shop.example", True),
        ("https://*.shop.example", "https://a.b.shop.example", True),
        ("https://*.shop.example", "https://shop.example", False),
        ("https://*.shop.example", "https://evilshop.example", False),
        ("http://127.0.0.1:*", "http://127.0.0.1:8091", True),
        ("http://127.0.0.1:*", "http://127.0.0.2:8091", False),
        ("https://shop.example:8443", "https://shop.example:8443", True),
        ("https://shop.example", "https://shop.example:99999", False),
    ],
)
def test_origin_is_held_against_the_list(pattern: str, origin: str, may: bool) -> None:
    assert connector(pattern).allows_origin(origin) is may


def test_own_pages_may_always_embed() -> None:
    assert connector().allows_origin("https://desk.example")
    assert not connector().allows_origin("https://shop.example")


def test_call_that_is_no_browsers_has_no_origin() -> None:
    assert connector().allows_origin(None)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"site": "Two Words"}, "site"),
        ({"site": ""}, "site"),
        ({"allowed_origins": ["shop.example"]}, "allowed_origins"),
        ({"allowed_origins": ["https://shop.example/chat"]}, "allowed_origins"),
        ({"allowed_origins": ["*"]}, "allowed_origins"),
        ({"color": "red"}, "color"),
        ({"require_signed": True}, "require_signed"),
        ({"title": "a\x00b"}, "title"),
        ({"keys": [{"kid": "a", "key": "k" * 32}, {"kid": "a", "key": "l" * 32}]}, "keys"),
        ({"form": [{"name": "Two Words", "label": "a"}]}, "form"),
        ({"form": [{"name": "a", "label": "a", "kind": "choice"}]}, "form"),
        ({"form": [{"name": "a", "label": "a", "choices": ["x"]}]}, "form"),
        ({"form": [{"name": "a", "label": "a"}, {"name": "a", "label": "b"}]}, "form"),
        ({"continue_after_minutes": 0}, "continue_after_minutes"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_impossible_settings_name_the_field(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Config.model_validate({"site": "shop", **settings})
