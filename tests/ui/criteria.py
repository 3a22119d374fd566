"""What the screen has to do, criterion by criterion, and the tests that prove it: whoever changes one knows what it stood for.

S0 start, S1 file, S2 account, S3 columns, S4 rows (4b: who becomes one contact), S5 forecast, S6 trial, S7 run, S8 result, S9 history
and schedule are ``AC-screen.number``; G holds on every screen, X keeps others out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COUNTS: Final[Mapping[str, int]] = {
    "AC-0": 3,
    "AC-1": 8,
    "AC-2": 6,
    "AC-3": 15,
    "AC-4": 12,
    "AC-4b": 4,
    "AC-5": 7,
    "AC-6": 3,
    "AC-7": 8,
    "AC-8": 4,
    "AC-9": 5,
    "G": 10,
    "X": 18,
}
"""How many criteria there are of each kind; none is left out below."""

PROOFS: Final[Mapping[str, str]] = {
    # an empty state folder offers a file and the sample, nothing else
    "AC-0.1": "test_who_has_nothing_yet_is_offered_a_file_and_the_sample_alone",
    # a run of another process appears with its bar
    "AC-0.2": "test_a_run_that_another_process_works_on_appears_on_the_start_page_with_its_bar",
    # a stopped run says why, and can be gone on with
    "AC-0.3": "test_the_start_page_says_why_a_run_stopped test_whatever_is_killed_while_somebody_clicks_each_row_ends_once_as_it_should",
    # what was detected, in words, each changeable
    "AC-1.1": "test_a_file_is_described_in_the_words_of_the_reader test_a_file_is_read_otherwise_when_somebody_knows_better",
    # sheets to choose from
    "AC-1.2": "test_another_sheet_of_a_workbook_is_taken_and_stays_taken test_all_sheets_can_be_chosen_with_their_rows_and_a_hidden_one_is_marked",
    # another header row
    "AC-1.3": "test_the_row_that_names_the_columns_is_picked_among_the_first_and_the_table_follows test_a_file_is_read_otherwise_when_somebody_knows_better test_a_dirty_file_goes_into_a_sub_account_and_back_by_the_keyboard_alone",
    # what is no list is refused in a sentence, and the draft stays
    "AC-1.4": "test_what_is_no_list_is_refused_in_a_sentence_and_the_draft_stays test_an_empty_upload_is_refused test_a_reading_that_fails_is_not_kept",
    # an upload that is cancelled leaves nothing
    "AC-1.5": "test_an_upload_that_breaks_off_leaves_nothing",
    # the same file again shows its import
    "AC-1.6": "test_a_file_that_was_imported_before_says_so_and_where test_an_import_started_anew_is_shown_and_not_the_one_that_ended_just_before",
    # rows are counted beside
    "AC-1.7": "test_a_file_is_described_in_the_words_of_the_reader",
    # hidden rows are told with their number, and left out by choice; several files, and one from an address
    "AC-1.8": "test_a_file_is_taken_from_an_address test_hidden_rows_of_a_workbook_are_told_with_their_number test_hidden_rows_are_left_out_by_a_choice_that_outlives_the_mapping test_files_chosen_together_follow_each_other_and_hidden_columns_are_left_out test_a_file_begins_with_place_and_mapping_of_the_one_it_was_chosen_with",
    # a token is in no page, address, log or draft; remembered on request alone
    "AC-2.1": "test_a_token_is_in_no_page_no_draft_no_log_and_no_argument test_a_token_is_remembered_on_request_alone_and_only_once_it_proved_good",
    # a token that is refused, an agency's, missing scopes
    "AC-2.2": "test_an_agencys_token_and_missing_scopes_are_told_in_words test_a_location_that_does_not_answer_leaves_the_columns_without_its_fields_and_says_why",
    # name, id and colour of the place on every later page
    "AC-2.3": "test_a_sub_account_is_connected_by_its_address_and_its_token_remembered",
    # a column that names sub-accounts
    "AC-2.4": "test_a_column_names_the_sub_accounts_and_who_lacks_a_token_is_seen_before_the_import",
    # a pasted address gives the id; country, zone and matching in words
    "AC-2.5": "test_a_sub_account_is_connected_by_its_address_and_its_token_remembered",
    # a login through the vendor's consent, an agency's sub-accounts by name
    "AC-2.6": "test_an_agency_is_connected_through_its_consent_and_one_of_its_sub_accounts_found",
    # suggestions preselected, those that need a look first
    "AC-3.1": "test_columns_come_with_their_guess_their_values_and_what_they_send test_consent_that_nobody_understood_is_decided_before_the_rows_are_checked",
    # another target is answered in 200 ms
    "AC-3.2": "test_another_target_is_answered_at_once_on_a_sample_of_two_thousand_rows",
    # what cannot be sent says why
    "AC-3.3": "test_each_column_says_what_is_sent_of_it_whether_it_was_used_and_why_not",
    # two columns for one field, in an order
    "AC-3.4": "test_each_column_says_what_is_sent_of_it_whether_it_was_used_and_why_not",
    # one column to two fields
    "AC-3.5": "test_a_column_goes_to_two_places_and_a_whole_name_is_split",
    # custom fields with their options; made once agreed to
    "AC-3.6": "test_values_that_a_choice_field_would_refuse_stand_open_with_its_options test_a_field_that_the_location_lacks_is_made_once_it_was_seen_and_agreed_to",
    # values are mapped, others kept or refused
    "AC-3.7": "test_values_are_translated_and_the_others_kept_or_refused test_values_of_a_column_are_counted",
    # nothing goes on without e-mail, phone or id
    "AC-3.8": "test_nothing_goes_on_without_a_column_by_which_a_contact_is_known",
    # the whole payload of a row
    "AC-3.9": "test_a_row_is_shown_as_it_would_be_sent_and_reached_by_a_key test_rows_that_are_not_there_are_told",
    # the file behind it: faults with their line, comments kept
    "AC-3.10": "test_every_comment_outlives_every_change_that_the_form_makes test_a_faulty_mapping_is_kept_with_its_faults_told",
    # mappings of before, and of known exports
    "AC-3.11": "test_an_export_is_named_and_its_mapping_taken test_the_mapping_of_a_past_import_is_offered_where_most_of_it_finds_its_column",
    # rules that no form expresses stay
    "AC-3.12": "test_each_column_says_what_is_sent_of_it_whether_it_was_used_and_why_not test_every_comment_outlives_every_change_that_the_form_makes",
    # what a column does to contacts that exist
    "AC-3.13": "test_what_a_column_does_to_contacts_that_exist_is_said_with_an_example",
    # columns that are left out are seen, consent decided one by one
    "AC-3.14": "test_nothing_goes_on_before_the_columns_that_are_left_out_were_seen test_consent_that_nobody_understood_is_decided_before_the_rows_are_checked",
    # country, order of dates and split names at their column
    "AC-3.15": "test_a_column_goes_to_two_places_and_a_whole_name_is_split test_each_column_says_what_is_sent_of_it_whether_it_was_used_and_why_not",
    # a million rows: the check moves, is cancelled, the table is walked, memory
    "AC-4.1": "test_a_check_of_a_million_rows_moves_and_is_cancelled_at_once test_a_million_rows_are_walked_without_a_frame_that_is_seen",
    # causes by number of rows, each with exactly its rows
    "AC-4.2": "test_a_cause_shows_exactly_its_rows_and_says_where_rows_count_twice",
    # the grid's keys
    "AC-4.3": "test_the_grid_is_one_stop_of_the_tab_key_and_every_cell_is_reached_by_keys",
    # what is wrong is announced, and what became of it, in regions of their own
    "AC-4.4": "test_a_cell_is_put_right_by_the_keyboard_and_the_change_outlives_the_page",
    # a change is judged at once and the counts follow
    "AC-4.5": "test_a_cell_put_right_is_told_at_once_and_the_counts_follow",
    # rows with cells too many are repaired
    "AC-4.6": "test_a_row_with_cells_too_many_is_shown_raw_and_repaired test_a_row_with_cells_too_many_is_repaired_as_a_whole",
    # all alike at once, in the rows or by the mapping
    "AC-4.7": "test_all_alike_are_put_right_after_they_were_counted test_rows_are_skipped_by_the_mapping_and_all_are_checked_again",
    # undo and redo outlive the page and the program
    "AC-4.8": "test_a_change_is_taken_back_and_made_again_after_the_program_ended test_a_cell_is_put_right_by_the_keyboard_and_the_change_outlives_the_page",
    # what one row cannot tell is checked again with all
    "AC-4.9": "test_what_other_rows_tell_of_a_row_is_true_until_what_it_is_about_is_changed",
    # downloads, and a corrected one taken back
    "AC-4.10": "test_failing_rows_are_taken_along_and_taken_back_corrected test_a_file_that_was_corrected_elsewhere_is_taken_back",
    # whatever a cell holds is text
    "AC-4.11": "test_whatever_a_cell_holds_is_text_on_one_line_and_whole_in_the_editor",
    # a row with several faults counts under each
    "AC-4.12": "test_failing_rows_stand_by_cause_and_a_row_with_two_faults_under_both",
    # rows that share a key stand side by side
    "AC-4b.1": "test_rows_that_share_a_key_stand_side_by_side_with_what_differs",
    # a choice goes into the mapping, the counts follow
    "AC-4b.2": "test_a_choice_is_written_into_the_mapping_and_the_counts_follow",
    # rows that could be several contacts, with their ids
    "AC-4b.3": "test_with_the_location_read_rows_that_could_be_several_contacts_are_named_with_their_ids",
    # a hundred thousand groups keep the page small; none are passed over
    "AC-4b.4": "test_a_hundred_thousand_groups_keep_the_page_small test_nobody_stops_at_a_page_that_has_nothing_to_show",
    # create, update, leave, fail: numbers that add up
    "AC-5.1": "test_nothing_starts_before_it_was_foretold_agreed_to_and_the_sub_account_named",
    # time here and there, calls, share of the day
    "AC-5.2": "test_published_workflows_and_the_locations_zone_are_known_to_the_page",
    # some rows are asked for, or the whole location read
    "AC-5.3": "test_the_location_is_asked_about_some_rows_once test_of_any_row_the_plan_tells_old_and_new",
    # what starts by itself
    "AC-5.4": "test_published_workflows_and_the_locations_zone_are_known_to_the_page",
    # rows that fail are agreed to
    "AC-5.5": "test_nothing_starts_before_it_was_foretold_agreed_to_and_the_sub_account_named",
    # the name of the place in one sentence with what will happen
    "AC-5.6": "test_nothing_starts_before_it_was_foretold_agreed_to_and_the_sub_account_named",
    # the name is typed where it has to be
    "AC-5.7": "test_a_place_has_to_be_named_unless_the_last_import_with_the_mapping_went_there test_nothing_is_sent_before_the_sub_account_was_confirmed",
    # a trial stops after its rows
    "AC-6.1": "test_a_trial_stops_and_goes_on_without_a_row_sent_twice",
    # and goes on without a row sent twice
    "AC-6.2": "test_a_trial_stops_and_goes_on_without_a_row_sent_twice",
    # or is left there
    "AC-6.3": "test_a_trial_stops_and_goes_on_without_a_row_sent_twice test_what_goes_and_what_stays_is_said_before_a_run_is_forgotten",
    # sent and settled apart
    "AC-7.1": "test_a_run_under_way_shows_sent_and_settled_apart_and_a_notice_at_its_end_once_asked",
    # paused and gone on with
    "AC-7.2": "test_whatever_is_killed_while_somebody_clicks_each_row_ends_once_as_it_should",
    # the screen or the run killed: every row once
    "AC-7.3": "test_whatever_is_killed_while_somebody_clicks_each_row_ends_once_as_it_should",
    # two clicks, one run
    "AC-7.4": "test_two_clicks_start_one_import test_whatever_is_killed_while_somebody_clicks_each_row_ends_once_as_it_should",
    # every tenth is said, not every second
    "AC-7.5": "test_each_tenth_of_a_run_is_said_and_not_each_second",
    # two runs at once, each with its place
    "AC-7.6": "test_a_run_that_another_process_works_on_appears_on_the_start_page_with_its_bar",
    # why it stopped
    "AC-7.7": "test_the_start_page_says_why_a_run_stopped",
    # after so many failures it stops; a notice at the end
    "AC-7.8": "test_an_import_stops_once_as_many_rows_failed_as_somebody_said test_a_run_under_way_shows_sent_and_settled_apart_and_a_notice_at_its_end_once_asked",
    # rows are searched, with a link each
    "AC-8.1": "test_rows_are_found_by_status_and_number_with_a_link_to_their_contact test_the_page_of_a_run_finds_its_rows_by_text_and_status",
    # rows put right follow the first import
    "AC-8.2": "test_rows_that_failed_are_put_right_and_sent_again_and_no_others test_runs_that_were_taken_back_and_that_follow_others_are_marked",
    # files, a fixed list
    "AC-8.3": "test_a_runs_files_are_a_fixed_list",
    # taking back: a look first, the name typed, paused and gone on with
    "AC-8.4": "test_an_import_is_looked_at_before_it_is_taken_back test_an_import_is_taken_back_once_the_name_of_its_place_was_typed test_an_undo_is_paused_from_its_page_and_gone_on_with_to_its_end",
    # all runs, searched
    "AC-9.1": "test_runs_are_found_by_file_place_and_state test_a_page_reads_no_more_runs_than_it_shows",
    # forgetting asks
    "AC-9.2": "test_what_goes_and_what_stays_is_said_before_a_run_is_forgotten test_a_past_import_is_found_and_forgotten_by_keyboard_once_it_was_asked",
    # undone runs and followers are marked
    "AC-9.3": "test_runs_that_were_taken_back_and_that_follow_others_are_marked",
    # every night
    "AC-9.4": "test_an_import_is_repeated_every_night_from_its_own_page test_how_a_job_stands_is_what_serve_kept_of_it_and_looking_begins_nothing",
    # another file of the same shape
    "AC-9.5": "test_another_file_of_the_same_shape_begins_with_the_mapping_of_the_import",
    # the accessibility checker finds nothing, light and dark
    "G1": "test_no_page_has_a_finding_of_the_accessibility_checker test_no_state_of_the_page_has_a_finding_of_the_accessibility_checker",
    # by keyboard alone
    "G2": "test_the_sample_is_imported_and_taken_back_by_the_keyboard_with_nothing_but_the_page test_a_dirty_file_goes_into_a_sub_account_and_back_by_the_keyboard_alone",
    # nothing in the console, all scripts our own
    "G3": "test_no_page_says_anything_in_the_console_or_scrolls_sideways_on_a_phone",
    # no scrolling sideways on a phone
    "G4": "test_no_page_says_anything_in_the_console_or_scrolls_sideways_on_a_phone",
    # less motion, forced colours
    "G5": "test_nothing_moves_where_somebody_wishes_for_less_motion test_what_matters_differs_by_more_than_colour_where_colours_are_forced",
    # loaded anew, gone back to, a second window
    "G6": "test_a_page_that_is_loaded_again_or_gone_back_to_shows_the_same test_a_change_upon_what_another_window_changed_is_refused_and_said",
    # what was read is what is ready, skipped and failing together
    "G7": "test_a_cell_put_right_is_told_at_once_and_the_counts_follow test_whatever_is_killed_while_somebody_clicks_each_row_ends_once_as_it_should",
    # without scripts it says so
    "G8": "test_every_page_says_that_it_needs_scripts",
    # the program ends, and is there again
    "G9": "test_a_page_says_when_the_program_behind_it_is_gone_and_goes_on_when_it_is_there_again",
    # values are hidden
    "G10": "test_values_are_hidden_when_somebody_else_looks",
    # on this machine alone
    "X1": "test_it_listens_on_this_machine_alone",
    # by its own names alone
    "X2": "test_a_request_is_answered_or_refused test_another_name_is_refused_before_anything_else",
    # a link lets in once
    "X3": "test_the_link_lets_in_one_browser_once test_a_link_lets_in_once test_secrets_are_long_and_new_each_time",
    # a cookie for each port
    "X4": "test_the_cookie_is_for_this_port_and_no_script",
    # changes by our own pages alone
    "X5": "test_a_request_is_answered_or_refused test_a_change_without_the_pages_token_changes_nothing",
    # the policy
    "X6": "test_every_answer_has_the_headers_of_its_kind test_no_answer_may_be_framed_sniffed_or_read_by_another_site",
    # headers against framing, sniffing, caching
    "X7": "test_no_answer_may_be_framed_sniffed_or_read_by_another_site test_peoples_data_is_in_no_browsers_cache",
    # text only
    "X8": "test_no_script_makes_code_of_text_or_keeps_people_in_the_browser test_no_template_has_script_or_style_of_its_own",
    # uploads: names, suffixes, private files, limits
    "X9": "test_an_upload_is_kept_in_a_private_draft_under_a_harmless_name test_what_is_no_table_by_its_name_is_refused_before_a_byte_of_it_is_taken test_an_upload_that_breaks_off_leaves_nothing",
    # no path in a request
    "X10": "test_what_is_not_there_is_said_and_nothing_else test_what_is_no_id_is_never_a_path test_no_name_leads_out_of_its_folder",
    # tokens
    "X11": "test_a_token_is_in_no_page_no_draft_no_log_and_no_argument test_a_draft_holds_no_token",
    # nothing that runs as a formula; fixed names
    "X12": "test_failing_rows_are_taken_along_and_taken_back_corrected test_a_runs_files_are_a_fixed_list",
    # a report runs no script
    "X13": "test_no_script_of_a_report_runs",
    # it ends itself
    "X14": "test_a_screen_ends_itself_after_twelve_hours_without_a_request test_the_hours_count_from_the_last_request_and_not_while_a_run_is_under_way",
    # limits
    "X15": "test_a_body_that_is_too_large_is_not_read test_two_windows_watch_one_check_and_the_next_begins_anew",
    # drafts go
    "X16": "test_drafts_that_nobody_changed_for_a_week_are_gone test_a_discarded_draft_leaves_nothing test_no_script_makes_code_of_text_or_keeps_people_in_the_browser",
    # nothing from elsewhere
    "X17": "test_no_page_says_anything_in_the_console_or_scrolls_sideways_on_a_phone",
    # other users of the machine
    "X18": "test_a_stranger_gets_nothing_by_which_a_change_could_be_made test_who_was_not_let_in_sees_nothing_by_which_a_change_could_be_made test_nobody_else_can_read_a_draft",
}
"""By criterion, in a comment what it asks for, and the names of the tests."""
