"""The fault catalogue against the product itself, as far as a commit is held to it.

Nightly, and by hand, the same proofs run longer: `--kills 200`, or `python -m tests.rig`.
Long ones come first: three processes take one after the other, and none should be left for last.
"""

from __future__ import annotations

import pytest

from tests.rig.options import Options
from tests.rig.proofs import PROOFS
from tests.rig.verdict import Verdict

pytestmark = pytest.mark.proof
TWO_CHANNELS = "email,webchat"
"""Enough to see whether a broken promise is found."""


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    chosen = request.config.getoption("--kills")
    assert isinstance(chosen, int)
    return chosen


async def _prove(proof: str, options: Options) -> Verdict:
    verdict = await PROOFS[proof](options)
    print(verdict.line())
    return verdict


async def test_f01_nothing_taken_is_lost_or_doubled_by_kills_while_people_write(
    kills: int,
) -> None:
    assert (await _prove("f01", Options(kills=kills))).failures == []


async def test_f08_server_that_hangs_holds_up_nobody_else_and_gets_nothing_twice() -> None:
    assert (await _prove("f08", Options())).failures == []


async def test_f02_each_answer_arrives_once_or_is_marked_through_kills(kills: int) -> None:
    assert (await _prove("f02", Options(kills=kills))).failures == []


async def test_f04_nothing_is_taken_while_postgresql_is_away_and_all_goes_on_after(
    kills: int,
) -> None:
    options = Options(kills=max(1, kills // 5), down=1.5)
    assert (await _prove("f04", options)).failures == []


async def test_f10_mailbox_that_forgets_falls_silent_and_fills_up_loses_and_doubles_nothing(
    kills: int,
) -> None:
    options = Options(kills=max(1, kills // 5), mails=min(5000, 20 * kills))
    assert (await _prove("f10", options)).failures == []


async def test_oracle_finds_what_is_double_when_uids_are_given_anew() -> None:
    verdict = await _prove("f10", Options(kills=0, mails=20, bug="dedup_off", patience=6))

    assert verdict.duplicates > 0
    assert not verdict.passed


async def test_oracle_finds_what_is_sent_again_after_a_hang_behind_the_final_dot() -> None:
    verdict = await _prove("f08", Options(bug="blind_resend"))

    assert verdict.duplicates > 0
    assert not verdict.passed


async def test_oracle_finds_what_is_double_without_deduplication() -> None:
    options = Options(
        kills=6, bug="dedup_off", points="after_commit,before_ack", channels=TWO_CHANNELS
    )
    verdict = await _prove("f01", options)

    assert verdict.duplicates > 0
    assert not verdict.passed


async def test_oracle_finds_what_an_early_acknowledgement_loses() -> None:
    verdict = await _prove(
        "f01", Options(kills=3, bug="ack_before_commit", patience=6, channels=TWO_CHANNELS)
    )

    assert verdict.lost > 0
    assert not verdict.passed


async def test_f26_words_keep_their_order_over_eight_processes() -> None:
    assert (await _prove("f26", Options())).failures == []


async def test_oracle_finds_answers_that_were_blindly_sent_again() -> None:
    options = Options(
        kills=4, bug="blind_resend", points="after_send,before_mark", channels=TWO_CHANNELS
    )
    verdict = await _prove("f02", options)

    assert verdict.duplicates > 0
    assert not verdict.passed


async def test_f09_each_accepted_recipient_gets_one_whole_mail_through_every_refusal() -> None:
    assert (await _prove("f09", Options())).failures == []


async def test_f30_pages_that_follow_the_feed_show_what_a_fetch_shows() -> None:
    assert (await _prove("f30", Options(actions=60))).failures == []
