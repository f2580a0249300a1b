"""The test of the kit: each fault, planted into the correct sample, is found by its check."""

import pytest

from core.connector import Connector
from core.errors import TransientError
from core.testing.checks import (
    abilities,
    changing,
    formatting,
    history,
    intake,
    life,
    secrecy,
    sending,
)
from core.testing.network import Fault
from core.testing.subject import Subject
from core.testing.trial import Check, Trial, run_check
from core.testing.verdict import ConformanceFailure
from tests.unit.testing_kit.sample import planted_intake as comes_in
from tests.unit.testing_kit.sample import planted_sending as goes_out
from tests.unit.testing_kit.sample import planted_testing as tests_itself
from tests.unit.testing_kit.sample.sandbox import SampleNetwork

FAULTS_IN = [
    (comes_in.ConfirmsBeforeAccept, intake.check_crash_before_commit_means_redelivery, "not come"),
    (comes_in.CommitsCursorFirst, intake.check_crash_before_commit_means_redelivery, "not come"),
    (
        comes_in.ConfirmsWhenCancelled,
        intake.check_cancel_before_commit_means_redelivery,
        "not come",
    ),
    (comes_in.RandomKeys, intake.check_crash_before_commit_means_redelivery, "another event_key"),
    (comes_in.ConfirmsAfterLostLease, intake.check_lost_lease_stops_the_reader, "still runs"),
    (comes_in.ReadsOnWithoutLease, intake.check_lost_lease_stops_the_reader, "still runs"),
    (comes_in.RandomKeys, intake.check_same_update_twice_is_one_event_key, "2 event keys"),
    (comes_in.OneKeyForAll, intake.check_same_update_twice_is_one_event_key, "the same event key"),
    (comes_in.DropsRaw, intake.check_message_comes_in_whole, "raw is None"),
    (comes_in.DropsJunk, intake.check_junk_is_quarantined_and_the_stream_goes_on, "Unreadable"),
    (comes_in.DiesOfJunk, intake.check_junk_is_quarantined_and_the_stream_goes_on, "too early"),
    (comes_in.TakesEchoForTheirs, intake.check_own_echo_is_recognised, "as if the person"),
    (comes_in.KnowsEchoByText, intake.check_own_echo_is_recognised, "tell them by id"),
    (comes_in.EditNamesOtherMessage, intake.check_edit_names_its_message, "no id of its message"),
    (comes_in.EditHasKeyOfMessage, intake.check_edit_names_its_message, "key of its message"),
    (comes_in.EditNamesOtherMessage, intake.check_delete_names_its_message, "no id of its"),
    (comes_in.EditNamesOtherMessage, intake.check_reaction_names_its_message, "no id of its"),
    (comes_in.DropsEarlyEdits, intake.check_edit_before_create_can_be_parked, "not come"),
    (comes_in.DropsLateMessages, intake.check_reordered_messages_both_come, "not come"),
    (comes_in.GapWithoutReason, history.check_lost_history_is_told_as_a_gap, "without a reason"),
    (comes_in.GapAnew, history.check_lost_history_is_told_as_a_gap, "two event keys"),
    (comes_in.GapBackwards, history.check_lost_history_is_told_as_a_gap, "before it begins"),
    (comes_in.ClosesSpeechless, history.check_place_that_closes_and_opens_is_told, "says why"),
    (comes_in.NeverOpens, history.check_place_that_closes_and_opens_is_told, "open again"),
    (comes_in.OpensElsewhere, history.check_place_that_closes_and_opens_is_told, "is open again"),
    (comes_in.ReadsBeforeReceive, life.check_reads_nothing_before_receive, "not come"),
    (comes_in.SwallowsCancellation, life.check_cancelling_leaves_no_task, "swallowed"),
    (comes_in.ReturnsWhenCancelled, life.check_cancelling_leaves_no_task, "let CancelledError"),
    (comes_in.LeavesTask, life.check_cancelling_leaves_no_task, "still run"),
    (comes_in.LeavesTask, life.check_opens_and_closes_twice, "still run"),
    (comes_in.NamesNobody, life.check_account_check_reports_and_sends_nothing, "shown_as"),
    (
        comes_in.ChecksBySending,
        life.check_account_check_reports_and_sends_nothing,
        "check sent",
    ),
    (comes_in.CallsRefusalTransient, life.check_refused_credentials_are_named, "TransientError"),
    (comes_in.IgnoresSilence, life.check_silent_network_is_transient, "neither"),
    (comes_in.LeaksLibraryErrors, life.check_silent_network_is_transient, "ClientConnector"),
    (comes_in.AlwaysDown, life.check_health_is_true, "'down'"),
    (comes_in.NaiveHealth, life.check_health_is_true, "no time zone"),
    (comes_in.SecretInRepr, secrecy.check_no_secret_leaks, "repr"),
    (comes_in.SecretInCheck, secrecy.check_no_secret_leaks, "check returns"),
    (comes_in.SecretInLog, secrecy.check_no_secret_leaks, "connector's log"),
    (comes_in.TextInLog, secrecy.check_log_holds_no_texts, "confidential answer"),
]

FAULTS_OUT = [
    (goes_out.SecretInError, secrecy.check_no_secret_leaks, "an error"),
    (goes_out.SecretInBase64, secrecy.check_no_secret_leaks, "library's log"),
    (goes_out.BlocksBySleeping, life.check_never_blocks_the_loop, "planted_sending.py"),
    (goes_out.BlocksByWorking, life.check_never_blocks_the_loop, "planted_sending.py"),
    (goes_out.SendsTwice, sending.check_sent_message_arrives_once, "made 2 requests"),
    (goes_out.SendsNothing, sending.check_sent_message_arrives_once, "made 0 requests"),
    (
        tests_itself.ShowsItsTest,
        sending.check_message_to_itself_comes_back_and_is_no_event,
        "3 mess",
    ),
    (
        tests_itself.MissesItsTest,
        sending.check_message_to_itself_comes_back_and_is_no_event,
        "not come",
    ),
    (goes_out.OneAtATime, sending.check_sends_run_side_by_side, "instead of once"),
    (goes_out.LeavesLimitToNetwork, sending.check_over_limit_text_is_refused_here, "before a req"),
    (goes_out.CountsCharacters, sending.check_over_limit_text_is_refused_here, "must be Content"),
    (goes_out.CutsLongTexts, sending.check_over_limit_text_is_refused_here, "not arrive whole"),
    (goes_out.LeavesLimitToNetwork, sending.check_refused_files_never_leave, "before a request"),
    (goes_out.ForgetsFormatting, formatting.check_formatting_arrives, "was seen on"),
    (goes_out.ForgetsFormatting, formatting.check_formatting_nests, "was seen on"),
    (goes_out.TakesSignsForMarks, formatting.check_plain_text_is_not_formatted, "for formatting"),
    (
        goes_out.CountsTextOnly,
        formatting.check_formatted_text_is_counted_as_it_is_sent,
        "all the same",
    ),
    (goes_out.RenamesFiles, sending.check_files_arrive, "the file is now"),
    (goes_out.EverythingIsPermanent, sending.check_unreachable_network_is_transient, "Permanent"),
    (goes_out.DoesNotSayUnsupported, abilities.check_unset_flags_raise_unsupported, "cannot"),
    (goes_out.SilentlyIgnores, abilities.check_unset_flags_raise_unsupported, "not raise"),
    (goes_out.ForgetsEdits, abilities.check_edit_is_seen, "new text"),
    (goes_out.EditsByWritingAnew, abilities.check_edit_is_seen, "old text"),
    (goes_out.ForgetsTheRest, abilities.check_delete_is_seen, "still stands"),
    (goes_out.ForgetsTheRest, abilities.check_read_mark_is_seen, "no read mark"),
    (goes_out.ForgetsTheRest, abilities.check_typing_is_seen, "no typing sign"),
    (goes_out.ForgetsTheRest, abilities.check_lost_outcome_can_be_found, "returned None"),
    (goes_out.FindsWhatWasLost, abilities.check_lost_outcome_can_be_found, "returned Sent"),
    (goes_out.ForgetsTheRest, abilities.check_same_key_twice_arrives_once, "arrived 2"),
    (goes_out.ForgetsTheRest, abilities.check_incoming_file_can_be_had, "bytes changed"),
    (goes_out.ForgetsTheRest, abilities.check_subject_passes_both_ways, "our subject"),
    (goes_out.ForgetsTheRest, abilities.check_answer_names_what_it_answers, "the answer names"),
    (goes_out.ForgetsTheRest, abilities.check_copies_reach_the_participants, "no copy"),
    (goes_out.CopiesAlong, abilities.check_copies_reach_the_participants, "went to the copy"),
    (goes_out.ForgetsTheRest, abilities.check_typed_address_becomes_a_recipient, "became"),
    (goes_out.TakesAnyAddress, abilities.check_typed_address_becomes_a_recipient, "became"),
    (goes_out.AnswersBeforeEverybody, abilities.check_private_place_is_private, "read along"),
    (goes_out.EditsWhatIsGone, changing.check_edit_of_what_is_gone_is_final, "nobody was told"),
    (goes_out.ForgetsIds, abilities.check_receipts_name_their_message, "names neither"),
    (comes_in.ReportsForAnybody, abilities.check_receipts_name_their_message, "names no id"),
    (comes_in.KeepsTheReason, abilities.check_delay_is_no_final_word, "without a reason"),
    (comes_in.GivesUpWhenDelayed, abilities.check_delay_is_no_final_word, "recipient gone"),
    (comes_in.PassesOnToNobody, abilities.check_receipts_name_their_message, "where to"),
]

FAULTS_IN_ROWS = [
    (goes_out.EverythingIsPermanent, Fault.TRANSIENT, "must become TransientError"),
    (goes_out.EverythingIsTransient, Fault.RATE_LIMITED, "must become RateLimited"),
    (goes_out.EverythingIsTransient, Fault.UNKNOWN_TAKEN, "must become OutcomeUnknown"),
    (goes_out.EverythingIsTransient, Fault.UNKNOWN_LOST, "must become OutcomeUnknown"),
    (goes_out.EverythingIsTransient, Fault.PERMANENT, "must become PermanentError"),
    (goes_out.EverythingIsPermanent, Fault.RECIPIENT_GONE, "must become RecipientGone"),
    (goes_out.EverythingIsPermanent, Fault.PLACE_GONE, "must become PlaceGone"),
    (goes_out.EverythingIsPermanent, Fault.CONTENT_REJECTED, "must become ContentRejected"),
    (goes_out.EverythingIsPermanent, Fault.AUTH_REFUSED, "must become AuthRefused"),
    (goes_out.UnknownIsSent, Fault.UNKNOWN_TAKEN, "became None"),
    (goes_out.RetriesItself, Fault.TRANSIENT, "2 requests"),
    (goes_out.WaitsItself, Fault.RATE_LIMITED, "send slept"),
    (goes_out.SpeechlessErrors, Fault.TRANSIENT, "no sentence"),
]

FAULTS_RAISED = [
    (comes_in.StartsWhenMade, life.check_making_one_does_no_io, "no running event loop"),
    (comes_in.ClosesOnce, life.check_opens_and_closes_twice, "closed already"),
    (goes_out.WritesOnlyToKnown, abilities.check_conversation_can_be_opened, "never wrote"),
    (goes_out.ChangesOnlyOnce, changing.check_edit_again_is_no_error, "not modified"),
    (goes_out.ChangesOnlyOnce, changing.check_delete_again_is_no_error, "not modified"),
    (goes_out.ReadsBeforeRefusing, sending.check_refused_files_never_leave, "promised"),
]


def _name(value: object) -> str:
    return getattr(value, "__name__", str(value))


def _fails(connector: type[Connector], check: Check, sentence: str) -> None:
    subject = Subject(connector=connector, network=SampleNetwork)
    with pytest.raises(ConformanceFailure, match=sentence):
        run_check(check, subject, SampleNetwork(), patience=0.4)


@pytest.mark.parametrize(("connector", "check", "sentence"), FAULTS_IN, ids=_name)
def test_fault_of_reading_or_living_is_found(
    connector: type[Connector], check: Check, sentence: str
) -> None:
    _fails(connector, check, sentence)


@pytest.mark.parametrize(("connector", "check", "sentence"), FAULTS_OUT, ids=_name)
def test_fault_of_sending_or_claiming_is_found(
    connector: type[Connector], check: Check, sentence: str
) -> None:
    _fails(connector, check, sentence)


@pytest.mark.parametrize(("connector", "fault", "sentence"), FAULTS_IN_ROWS, ids=_name)
def test_wrong_row_of_the_error_table_is_found(
    connector: type[Connector], fault: Fault, sentence: str
) -> None:
    async def check(trial: Trial) -> None:
        await sending.check_fault(trial, fault)

    _fails(connector, check, sentence)


@pytest.mark.parametrize(
    ("connector", "sentence"),
    [(goes_out.ClaimsEdit, "edit is not written"), (goes_out.HidesEdit, "edit is written")],
)
def test_flag_without_its_method_and_method_without_its_flag_are_found(
    connector: type[Connector], sentence: str
) -> None:
    with pytest.raises(ConformanceFailure, match=sentence):
        abilities.check_flags_match_methods(Subject(connector=connector))


@pytest.mark.parametrize(("connector", "check", "error"), FAULTS_RAISED, ids=_name)
def test_error_out_of_place_reaches_the_author(
    connector: type[Connector], check: Check, error: str
) -> None:
    subject = Subject(connector=connector, network=SampleNetwork)
    with pytest.raises(Exception, match=error):
        run_check(check, subject, SampleNetwork(), patience=0.4)


def test_connector_that_stays_broken_after_a_fault_is_found() -> None:
    async def check(trial: Trial) -> None:
        await sending.check_fault(trial, Fault.TRANSIENT)

    subject = Subject(connector=goes_out.NeverRecovers, network=SampleNetwork)
    with pytest.raises(TransientError, match="in trouble"):
        run_check(check, subject, SampleNetwork(), patience=0.4)


@pytest.mark.parametrize(
    "check",
    [
        *life.LIFE_CHECKS,
        *secrecy.SECRECY_CHECKS,
        *intake.INTAKE_CHECKS,
        *sending.SENDING_CHECKS,
        *abilities.ABILITY_CHECKS,
        *changing.CHANGING_CHECKS,
    ],
    ids=_name,
)
def test_every_check_was_seen_to_fail(check: Check) -> None:
    planted = [one for _, one, _ in (*FAULTS_IN, *FAULTS_OUT, *FAULTS_RAISED)]
    assert check in planted


@pytest.mark.parametrize("fault", Fault)
def test_every_row_of_the_error_table_was_seen_to_fail(fault: Fault) -> None:
    assert fault in [one for _, one, _ in FAULTS_IN_ROWS]
