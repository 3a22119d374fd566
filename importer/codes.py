"""The catalogue of codes that a row's outcome can carry: stable names, and what to do about each."""

from __future__ import annotations

from typing import Final

from importer.records import Remedy, value_type


@value_type(frozen=True, slots=True)
class Code:
    """One entry: the stable name, a title, how to mend it, and whether mending the row or running again helps."""

    name: str
    title: str
    mend: str
    remedy: Remedy = Remedy.FIX_ROW


CATALOGUE: Final[tuple[Code, ...]] = (
    # reading
    Code(
        "column_count",
        "The row has more or fewer cells than the header",
        "Look for an unquoted delimiter or a missing one in that row, and quote or add it.",
    ),
    Code(
        "corrected",
        "The row is another than in the file, by a correction that was laid over it (warning)",
        "Nothing; --corrections said so.",
        Remedy.NONE,
    ),
    Code(
        "undecodable_bytes",
        "The row has bytes that are not text in the file's encoding",
        "Correct the cell, or declare the file's encoding in the mapping (source: encoding) or with --encoding.",
    ),
    Code(
        "unclosed_quote",
        "A quote opens in the row and is never closed",
        "Close the quote, or take it out, and check the row's cells.",
    ),
    Code(
        "stray_quote",
        "A quote in the row has no partner and was read as a plain character",
        "Look at the row's values; double a quote that belongs to a quoted cell.",
    ),
    Code(
        "footer_row",
        "The row below the table is a total or a note",
        "Nothing, if the row is no contact; else put it above, or fill in its other cells.",
        Remedy.NONE,
    ),
    Code(
        "repeated_header",
        "The row repeats the header",
        "Nothing; the row is no contact.",
        Remedy.NONE,
    ),
    Code(
        "set_apart",
        "The row stands below a line such as UNSUBSCRIBED",
        "Import these people from a file of their own, with do not disturb for all; or take the line out where it is wrong.",
    ),
    Code(
        "second_table",
        "The row belongs to a second table below the first",
        "Move the second table to a file of its own.",
    ),
    Code(
        "double_encoded",
        "The row has text that was encoded twice",
        "Export the file again as UTF-8, or correct the cell.",
    ),
    Code("zero_bytes", "The row had zero bytes, which were left out", "Export the file again."),
    Code(
        "hidden_row",
        "The row is hidden in the workbook",
        "Leave hidden rows out with `rows: {hidden: skip}` in the mapping, or delete them before importing.",
    ),
    Code(
        "formula_without_value",
        "A formula's result is not stored in the workbook",
        "Open the workbook in a spreadsheet and save it, so that results are stored.",
    ),
    Code("error_cell", "A cell shows an error such as #N/A", "Correct the formula or the cell."),
    # mapping
    Code(
        "no_identifier",
        "The row has nothing to match a contact by",
        "Give it an e-mail or a phone (or what the mapping's match: require lists).",
    ),
    Code(
        "missing_value",
        "A required value is blank",
        "Fill the cell, or take required: true off the rule.",
    ),
    Code(
        "invalid_email",
        "An e-mail address is not valid",
        "Correct the address, or leave such values out with on_invalid: drop.",
    ),
    Code(
        "invalid_phone",
        "A phone number is not valid",
        "Correct the number, add its country code or set the region; on_invalid: drop leaves such values out.",
    ),
    Code(
        "no_phone_region",
        "A phone number does not say its country",
        "Set defaults: region in the mapping (region: US), map a country column, or write +country code.",
    ),
    Code(
        "damaged_number",
        "A spreadsheet shortened a long number, such as 1.41556E+10",
        "Take the number from the original again; format the column as text before saving as CSV.",
    ),
    Code(
        "several_values",
        "A cell holds more than one value",
        "Put one value into the cell; `several: first` takes the first with a warning.",
    ),
    Code(
        "fax_number",
        "A number that is said to be a fax's was left out",
        "Nothing has to be done; take the word away if it is a phone after all.",
    ),
    Code(
        "phone_extension",
        "A phone extension was left out",
        "Nothing has to be done; map the column to a custom field too if the extension matters.",
    ),
    Code(
        "phone_region",
        "A phone number was read as one of another country than the row's",
        "Check the number and the row's country.",
    ),
    Code(
        "suspicious_email",
        "An e-mail address looks misspelt, or invented",
        "Check the address; it is sent as it stands.",
    ),
    Code(
        "invalid_date",
        "A date cannot be read",
        "Correct the date, or say how dates are written: format in the rule.",
    ),
    Code(
        "overdue",
        "A task that is not done was due before today",
        "Correct the date, or mark the task done; `overdue: keep` in its rule adds such tasks as they are.",
    ),
    Code(
        "no_due_date",
        "A task without a due date was left out",
        "Give it a date; `default` in the rule of `due` gives one to all that have none.",
        Remedy.NONE,
    ),
    Code(
        "unknown_pipeline",
        "The location has no such pipeline",
        "Write a pipeline of the location, or translate the column with map.",
    ),
    Code(
        "unknown_stage",
        "The pipeline has no such stage",
        "Write a stage of the pipeline, or translate the column with map.",
    ),
    Code(
        "invalid_status",
        "A deal's status is none that HighLevel knows",
        "Write open, won, lost or abandoned, or translate the column with map.",
    ),
    Code(
        "impossible_birthday",
        "A birthday lies in the future or too far in the past",
        "Correct the date.",
    ),
    Code(
        "swapped_date",
        "A spreadsheet may have taken the day of a date for its month",
        "Export again with the column as text, or open the file with the dates' own order; the date is sent as it stands.",
    ),
    Code(
        "turned_into_date",
        "A text may have become a date in a spreadsheet",
        "Look the text up in the original: a house number 12-3 may have become a day; it is sent as it stands.",
    ),
    Code(
        "lost_zeros",
        "A postal code is shorter than those of its country",
        "Put the zeros back in front; pad: 5 in the rule does it for a whole column.",
    ),
    Code(
        "date_order",
        "A date contradicts the date order of the mapping",
        "Check the date, and the date_order of the mapping.",
    ),
    Code(
        "invalid_boolean",
        "A value is neither yes nor no",
        "Write yes or no, or translate the column's words with map.",
    ),
    Code(
        "invalid_country",
        "A country is not known to the vendor",
        "Correct the country, or translate it with map.",
    ),
    Code(
        "invalid_timezone",
        "A time zone is not known to the vendor",
        "Write the zone as Europe/London, or translate it with map.",
    ),
    Code(
        "invalid_website",
        "A web address is not valid",
        "Correct the address.",
    ),
    Code(
        "invalid_number",
        "A value is no number",
        "Correct the number; decimal in the rule or in defaults says what 1,234 means.",
    ),
    Code(
        "invalid_time",
        "A value is no time of day",
        "Write the time as 14:30.",
    ),
    Code(
        "repeated_beside",
        "A row before it brings its contact a deal or task that is known by the same (warning)",
        "Nothing has to be done: what says otherwise (another value, stage, owner) is added as well, what says the very same is one. "
        "Where both are one thing, leave one row out.",
        Remedy.NONE,
    ),
    Code(
        "rival_deal",
        "A row before it brings its contact a deal in the same pipeline, and the location does not allow two (warning)",
        "HighLevel is expected to refuse it: allow duplicate opportunities in the location's settings before the run, or name another pipeline.",
        Remedy.NONE,
    ),
    Code(
        "file_not_found",
        "A file that a cell names is not there, is empty or cannot be read",
        "Put the file beside the source (or into `files: folder`), spelled as the cell has it; or correct the address.",
    ),
    Code(
        "file_not_allowed",
        "A cell names a file outside of the folder or the hosts that the mapping allows",
        "Put the file into the folder, or allow the host in the mapping (`files: hosts`). Links, `..`, private addresses and "
        "plain http are never followed.",
    ),
    Code(
        "file_unreachable",
        "The server of a file does not answer as it should",
        "Run again later.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "file_too_large",
        "A file is larger than HighLevel takes",
        "Make it smaller, or leave it out.",
    ),
    Code(
        "wrong_file_type",
        "A file is of a type that the custom field does not take",
        "Convert it, or let the field take the type in HighLevel.",
    ),
    Code(
        "too_many_files",
        "A cell names more files than the custom field takes",
        "Name fewer, or let the field take more in HighLevel.",
    ),
    Code(
        "invalid_file",
        "A cell of a file field is neither a list of files nor the value of uploaded ones",
        "Write paths or https:// addresses, separated as the rule says, or the JSON of an export.",
    ),
    Code(
        "file_refused",
        "HighLevel does not take a file",
        "Its reason stands in the message.",
    ),
    Code(
        "file_upload_failed",
        "A file could not be uploaded",
        "Run again later: importer retry.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "file_unconfirmed",
        "Whether a file was uploaded is not known: its reply was lost",
        "HighLevel lists no files, so it cannot be looked up: importer retry uploads it once more.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "invalid_option",
        "A value is none of the custom field's options",
        "Correct the value, translate it with map, or add the option to the field.",
    ),
    Code(
        "unmapped_value",
        "A value is not in the rule's map",
        "Add the value to the map, or keep such values with unmapped: keep.",
    ),
    Code(
        "unknown_user",
        "No user, or more than one, is meant",
        "Write the user's e-mail or id, or translate the column with map.",
    ),
    Code(
        "unknown_location",
        "The row's location is not known",
        "Correct the cell, or add it to the mapping's location: map.",
    ),
    Code(
        "transform_failed",
        "A transform of your own refused the value or failed",
        "Correct the value or the function.",
    ),
    Code(
        "text_too_long",
        "A text is too long for a regex step",
        "Shorten the text, or do without the regex.",
    ),
    Code(
        "garbled_text",
        "A text looks wrongly decoded",
        "Save the file as UTF-8, or declare its encoding; the text is sent as it stands.",
    ),
    Code(
        "name_order",
        "A whole name does not show where the first name ends",
        "Give first and last name columns of their own, or write the row's name as Last, First.",
    ),
    Code(
        "html_entities",
        "A text has entities of a web page in it, such as &amp;",
        "Correct the cell, or write transforms: [strip_html] in the rule; the text is sent as it stands.",
    ),
    Code(
        "blank_marker",
        "A cell holds what programs write for no value, such as NULL",
        "Clear the cell, or list such texts in the mapping as blank: defaults: {empty: [NULL]}.",
    ),
    Code(
        "duplicate_in_file",
        "Another row of the file is the same person",
        "Nothing has to be done where the other row was sent; else keep one row of the person.",
        Remedy.NONE,
    ),
    Code(
        "opt_out_kept",
        "Another row of the person asks not to be disturbed",
        "Nothing has to be done; correct that row where it is wrong.",
    ),
    Code(
        "shared_key",
        "Somebody else has the same e-mail or phone",
        "Look at same-contact.csv, beside the results or the page of `check --report`: give the row a key of its own; if it is "
        "the same person after all, write both names alike, or set match: {shared_key: send} in the mapping.",
    ),
    Code(
        "taken_as_one",
        "Taken for somebody who has the same e-mail or phone, although under another name or none",
        "Look at same-contact.csv, beside the results or the page of `check --report`: if they are two people, give one of them "
        "an e-mail or phone of their own and import that row; if they are one, nothing has to be done.",
    ),
    Code(
        "row_filter",
        "The mapping's rows section leaves the row out",
        "Nothing has to be done; change only_if, skip_if or hidden to import such rows.",
        Remedy.NONE,
    ),
    # sending
    Code(
        "refused",
        "HighLevel refused the row",
        "Read HighLevel's own words in the message, and correct the value they name.",
    ),
    Code(
        "edge_refused",
        "The network edge before HighLevel's API refused the row",
        "Run it again: `importer retry`. If it is refused again, look for text in it that resembles a script or a query.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "duplicate_contact",
        "The location allows no second contact with this e-mail or phone",
        "Look at the contact whose id is given: update it instead, or correct the row.",
    ),
    Code(
        "ambiguous",
        "It is not certain who the row is",
        "Look at the contacts whose ids are given: merge them or correct the row; "
        "`match: {ambiguous: send}` in the mapping leaves it to HighLevel.",
    ),
    Code(
        "changed_since",
        "Somebody changed the contact after the plan was made",
        "Nothing was overwritten. Look at the contact, and plan again to send the row all the same.",
        Remedy.NONE,
    ),
    Code(
        "suppressed",
        "The person is on the list of those who are sent nothing",
        "Nothing; take the person off the list (the mapping's suppress) where it is wrong.",
        Remedy.NONE,
    ),
    Code(
        "contact_not_created",
        "The row before it that was to create the contact did not",
        "See what became of that row. Run this one again once the other is through, or correct and import both.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "replanned",
        "The row was decided anew, since somebody changed its contact after the plan was made",
        "Nothing has to be done (apply --replan); look at the contact where it matters.",
        Remedy.NONE,
    ),
    Code(
        "cleared",
        "A value of the contact is emptied, as its cell asks",
        "Nothing has to be done; look whether HighLevel emptied it (--verify reads contacts back).",
        Remedy.NONE,
    ),
    Code(
        "not_clearable",
        "A cell asks to empty what HighLevel does not empty",
        "Leave the cell blank, and empty the value by hand; for tags, set tags: mode: replace.",
    ),
    Code(
        "kept",
        "A value of the contact was kept",
        "Nothing has to be done: the rule's on_update says so, or HighLevel takes the value for new contacts only.",
        Remedy.NONE,
    ),
    Code(
        "contact_not_found",
        "The location has no contact that is the one the row names",
        "Correct the contact's id, or leave it blank to match by e-mail or phone; for a deal, note or task, import its contact first.",
    ),
    Code(
        "already_exists",
        "The contact exists and the mapping only creates",
        "Nothing to mend; use mode upsert to update it.",
        Remedy.NONE,
    ),
    Code(
        "already_there",
        "The contact has the row's deal, note or task already",
        "Nothing has to be done where it is the same; a deal is known by name and pipeline alone: give another deal a name of its "
        "own. `once: false` in the mapping adds it once more.",
        Remedy.NONE,
    ),
    Code(
        "not_found",
        "No contact matches and the mapping only updates",
        "Nothing to mend; use mode upsert to create it.",
        Remedy.NONE,
    ),
    Code(
        "unconfirmed",
        "The reply was lost or the run cut off, and nothing can prove whether the contact was stored",
        "Look the contact up in HighLevel, and import the row again only if it is missing.",
    ),
    Code(
        "service_down",
        "HighLevel gave no usable reply for this row",
        "Run it again: `importer retry`.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "location_refused",
        "The location cannot be written to with this token",
        "Give the token the missing scope, or use one of that location; then `importer retry`.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "unfinished",
        "The contact is stored, but its tags or what else follows is not all done yet",
        "Let the run finish it: `importer resume`. Importing the file anew would store the contact again.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "tags_failed",
        "The contact is stored but its tags could not be changed",
        "Run it again: `importer retry` finishes the contact.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "note_failed",
        "The contact is stored but its note was not added",
        "Run it again: `importer retry` adds what is missing, and looks first whether it is there.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "task_failed",
        "The contact is stored but its task was not added",
        "Run it again: `importer retry` adds what is missing, and looks first whether it is there.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "company_failed",
        "The contact is stored but was not linked to its company",
        "Where the location has several companies of that name, leave one; then `importer retry` finishes the contact.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "opportunity_failed",
        "The contact is stored but its deal was not added",
        "Look at HighLevel's words: a location may forbid a second deal of a contact. `importer retry` adds what is missing.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "followers_failed",
        "The contact is stored but its followers were not added",
        "Run it again: `importer retry` finishes the contact.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "workflow_failed",
        "The contact is stored but was not added to the workflow or campaign",
        "Check that the workflow is published, then `importer retry`, which does only what is missing.",
        Remedy.RUN_AGAIN,
    ),
    Code(
        "follow_up_unconfirmed",
        "The contact is stored, but the reply to its workflow or campaign was lost",
        "Look in HighLevel where the message says, and add the contact by hand if it is missing; importing the row again "
        "could add it twice.",
        Remedy.NONE,
    ),
    Code(
        "not_stored",
        "HighLevel did not keep a value as it was sent (warning)",
        "Look at the contact; a phone or e-mail of another contact is never taken over.",
        Remedy.NONE,
    ),
    Code(
        "perhaps_created",
        "It cannot be told whether the row created or updated its contact (warning)",
        "Nothing to mend; the contact is stored.",
        Remedy.NONE,
    ),
    Code(
        "not_verified",
        "A contact chosen for read-back could not be read (warning)",
        "Nothing to mend; the contact was stored.",
        Remedy.NONE,
    ),
    # runs
    Code(
        "unchanged",
        "Nothing changed since this person was last imported, or the contact holds all of it already",
        "Nothing has to be done; leave --changed-only or --compare out to send the row all the same.",
        Remedy.NONE,
    ),
    Code(
        "superseded",
        "A later row of the same person, or one of a run that began later, was imported meanwhile",
        "Nothing has to be done; the newer values are in HighLevel. `--over-newer` of resume and retry sends rows that a later "
        "run overtook.",
        Remedy.NONE,
    ),
)

BY_NAME: Final = {code.name: code for code in CATALOGUE}


def remedy_of(name: str) -> Remedy:
    """Tell what helps a row that failed with this code."""
    return BY_NAME[name].remedy


def catalogue_markdown() -> str:
    """Write the catalogue as a table for the documentation, each code with an anchor of its name."""
    lines = ["| code | what happened | how to mend it | remedy |", "|---|---|---|---|"]
    lines += [
        f'| <a id="{code.name}"></a>`{code.name}` | {code.title} | {_cell(code.mend)} | `{code.remedy.value}` |'
        for code in CATALOGUE
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
