"""A correct local connector passes its kit; each planted fault is found by its check."""

import pytest

from core.connector import LocalConnector
from core.testing.checks import attestation, reception, visitors
from core.testing.local_conformance import LocalConformance
from core.testing.subject import Subject
from core.testing.trial import Check, run_check
from core.testing.verdict import ConformanceFailure
from tests.unit.testing_kit.local_sample import planted
from tests.unit.testing_kit.local_sample.connector import KioskConnector
from tests.unit.testing_kit.local_sample.sandbox import KioskHost


class TestKiosk(LocalConformance):
    connector = KioskConnector
    host = KioskHost


FAULTS = [
    (planted.WavesItsHands, attestation.check_need_of_a_token_is_said, "must be a bool"),
    (planted.BelievesUnsigned, attestation.check_every_forged_token_is_refused, "alg none: the"),
    (planted.BelievesAnybody, attestation.check_every_forged_token_is_refused, "another key"),
    (planted.IgnoresExpiry, attestation.check_every_forged_token_is_refused, "expired: the"),
    (
        planted.TakesLongLived,
        attestation.check_every_forged_token_is_refused,
        "future|day",
    ),
    (planted.IgnoresAudience, attestation.check_every_forged_token_is_refused, "audience: the"),
    (planted.NeedsNoId, attestation.check_every_forged_token_is_refused, "without jti: the"),
    (planted.TellsTheToken, attestation.check_every_forged_token_is_refused, "token itself"),
    (planted.LetsErrorsThrough, attestation.check_every_forged_token_is_refused, "instead of"),
    (planted.BelievesAddresses, attestation.check_unverified_address_is_left_out, "believed"),
    (planted.ForgetsAddresses, attestation.check_good_token_is_taken, "email is None"),
    (planted.BelievesNames, visitors.check_session_alone_is_attested, "gives L1"),
    (planted.StaysAnonymous, visitors.check_token_links_account_and_address, "gives L2"),
    (planted.RandomKeys, visitors.check_message_is_the_same_event_again, "not pure"),
    (planted.TakesTheClock, visitors.check_message_is_the_same_event_again, "not pure"),
    (planted.KeysWithoutSession, visitors.check_message_is_the_same_event_again, "another message"),
    (
        planted.KeysThatRunTogether,
        visitors.check_client_ids_cannot_reach_into_other_sessions,
        "another session's key",
    ),
    (planted.TakesEmpty, visitors.check_empty_message_is_unreadable, "became an event"),
    (planted.OneSignalForAll, visitors.check_signals_name_what_they_are_about, "share a"),
    (planted.AllowsLookAlikes, visitors.check_only_listed_origins_may_embed, "evil.example"),
    (planted.ShowsSecret, visitors.check_appearance_gives_nothing_away, "secret"),
    (planted.WaitsInSend, visitors.check_send_returns_at_once, "waits for something"),
    (planted.TakesAnyLength, visitors.check_limits_are_held_in_send, "20001"),
    (planted.TakesLong, visitors.check_no_call_takes_long, "allows_origin takes"),
    (planted.OpensInThePast, reception.check_reception_can_be_shown, "over already"),
    (planted.AsksTwice, reception.check_reception_can_be_shown, "have one name"),
    (planted.OffersNoChoice, reception.check_reception_can_be_shown, "kind choice"),
    (planted.ForgetsAnswers, reception.check_answers_to_the_form_are_claims, "shown as None"),
    (planted.BelievesAnswers, reception.check_answers_to_the_form_are_claims, "who the sender"),
    (planted.ShowsAnswersAsFacts, reception.check_answers_to_the_form_are_claims, "unmarked"),
    (planted.EndsTheDirective, reception.check_embedders_are_sources_of_a_policy, "no source"),
    (planted.GoesOnWithoutWords, reception.check_continuation_can_be_followed, "cannot say"),
    (planted.GoesOnNowhere, reception.check_continuation_can_be_followed, "no account"),
    (planted.KeepsThemComing, reception.check_summary_says_what_was_missed, "stops it"),
    (planted.TellsBackwards, reception.check_summary_says_what_was_missed, "out of order"),
    (planted.SpeaksOneLanguage, reception.check_summary_says_what_was_missed, "subject"),
]


@pytest.mark.parametrize(
    ("connector", "check", "sentence"),
    FAULTS,
    ids=lambda value: getattr(value, "__name__", None),
)
def test_fault_of_a_local_connector_is_found(
    connector: type[LocalConnector], check: Check, sentence: str
) -> None:
    with pytest.raises(ConformanceFailure, match=sentence):
        run_check(check, Subject(connector=connector), KioskHost())


@pytest.mark.parametrize(
    "check",
    [
        *attestation.ATTESTATION_CHECKS,
        *visitors.VISITOR_CHECKS,
        *reception.RECEPTION_CHECKS,
    ],
    ids=lambda check: check.__name__,
)
def test_every_check_of_local_connectors_was_seen_to_fail(check: Check) -> None:
    assert check in [planted_check for _, planted_check, _ in FAULTS]
