"""The lines of the API's page by which a receiver verifies a call do what they say."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from router.services.webhooks_out import signing

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BODY = b'{"type":"person_wrote"}'


def verifier() -> Callable[..., bool]:
    found = re.search(r"```python\n(import base64.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found.group(1), names)
    checks: Callable[..., bool] = names["is_genuine"]
    return checks


def test_documented_lines_tell_what_is_genuine_from_what_is_not() -> None:
    is_genuine = verifier()
    now = datetime.now(UTC)
    secret, former, foreign = (signing.new_secret() for _ in range(3))
    good = signing.headers("evt_1", now, BODY, [secret, former])
    old = signing.headers("evt_1", now - timedelta(hours=1), BODY, [secret])

    assert is_genuine(good, BODY, secret)
    assert is_genuine(good, BODY, former)
    assert not is_genuine(good, BODY, foreign)
    assert not is_genuine(good, BODY + b" ", secret)
    assert not is_genuine(good | {"webhook-id": "evt_2"}, BODY, secret)
    assert not is_genuine(old, BODY, secret)


def test_signature_is_that_of_the_published_example() -> None:
    """With which the verifying libraries of this form are tested."""
    headers = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
