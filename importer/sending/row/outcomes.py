"""Outcomes of rows, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from importer.codes import remedy_of
from importer.highlevel.follow_ups import FollowUp
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import Fault, Landed, Outcome, Status
from importer.runtime.counting import counted
from importer.sending.call_state import Unanswered
from importer.sending.row.submitted import Held, SubmittedRow


def refused(submitted: SubmittedRow, reply: Reply, *, perhaps_stored: bool = False) -> Outcome:
    """Fail a row that the vendor does not accept, in its own words; an attempt before may have got through."""
    match reply.kind:
        case ReplyKind.DUPLICATE:
            code, tail = "duplicate_contact", " The contact that is in the way is named here."
        case ReplyKind.NO_CONTACT:
            code, tail = "contact_not_found", ""
        case ReplyKind.CONTACT_REFUSED:
            code = "refused"
            tail = " The token may not touch the contact that the row names: its id may be another sub-account's."
        case ReplyKind.EDGE_REFUSED:
            code = "edge_refused"
            tail = " It is a page of the network edge before HighLevel's API, which the row did not reach."
        case _ if not reply.vouched:
            code, tail = (
                "edge_refused",
                " It is a page of something before HighLevel's API, not HighLevel's word.",
            )
        case _:
            code, tail = "refused", ""
    if perhaps_stored:
        tail += " An earlier attempt, whose reply was lost, may have been stored all the same."
    return fail(
        submitted,
        code,
        f"HighLevel refused the row: {reply.words}{_stop(reply.words)}{tail}",
        contact_id=reply.contact_id,
        http_status=reply.status,
        trace_id=reply.trace_id,
    )


def unanswered(submitted: SubmittedRow, silence: Unanswered) -> Outcome:
    """Fail a row that got no final reply; whether it was stored decides what to say."""
    if not submitted.repeatable and silence.doubtful:
        return unconfirmed(submitted, f"The reply was lost ({silence.words})")
    if silence.doubtful:
        message = (
            f"No usable reply came in {counted(submitted.attempts, 'attempt')} ({silence.words}); the contact may have been "
            "stored. Running the row again is safe: it meets the same contact."
        )
    else:
        message = (
            f"HighLevel did not take the row in {counted(submitted.attempts, 'attempt')} ({silence.words})."
        )
    return fail(submitted, "service_down", message, http_status=silence.status)


def cut_off(submitted: SubmittedRow) -> Outcome:
    """Fail a row of which an earlier session wrote no more than that it was about to be sent."""
    return unconfirmed(
        submitted, "The run was cut off when the row was about to be sent: it may or may not have been"
    )


def unconfirmed(submitted: SubmittedRow, why: str) -> Outcome:
    """Fail a row that may have been stored and that nothing can prove: sending it again could double the contact."""
    return fail(
        submitted,
        "unconfirmed",
        f"{why}. It has nothing HighLevel could match it by, so it was not sent again. "
        "Look the contact up in HighLevel; import the row again only if it is missing.",
    )


def skipped(submitted: SubmittedRow, code: str, message: str, *, contact_id: str | None = None) -> Outcome:
    return Outcome(
        row=submitted.row,
        status=Status.SKIPPED,
        location_id=submitted.record.location_id,
        contact_id=contact_id,
        code=code,
        message=message,
        warnings=submitted.record.warnings,
        attempts=submitted.attempts,
    )


def changed_since(submitted: SubmittedRow, names: Iterable[str], *, contact_id: str) -> Outcome:
    """Leave a row alone whose contact somebody changed after it was compared."""
    return skipped(
        submitted,
        "changed_since",
        f"Somebody changed {' and '.join(names)} of the contact after it was compared; nothing was overwritten.",
        contact_id=contact_id,
    )


def there_by_now(submitted: SubmittedRow, *, contact_id: str) -> Outcome:
    """Leave a row alone that was to create its contact."""
    return skipped(
        submitted,
        "changed_since",
        "A contact with this e-mail or phone is there by now, and was not when the rows were compared.",
        contact_id=contact_id,
    )


def fail(
    submitted: SubmittedRow,
    code: str,
    message: str,
    *,
    contact_id: str | None = None,
    http_status: int | None = None,
    trace_id: str | None = None,
) -> Outcome:
    return Outcome(
        row=submitted.row,
        status=Status.FAILED,
        location_id=submitted.record.location_id,
        contact_id=contact_id,
        code=code,
        message=message,
        remedy=remedy_of(code),
        warnings=submitted.record.warnings,
        http_status=http_status,
        attempts=submitted.attempts,
        trace_id=trace_id,
    )


def done(landed: Landed) -> Outcome:
    """Settle a row whose follow-ups are all done, or that had none."""
    return Outcome(
        row=landed.row,
        status=landed.status,
        location_id=landed.location_id,
        contact_id=landed.contact_id,
        warnings=landed.warnings,
        http_status=landed.http_status or None,
        attempts=landed.attempts,
        trace_id=landed.trace_id,
        by_date=landed.by_date,
    )


def followed_up(held: Held) -> Outcome:
    """Settle a row that has nothing more to get; what may have been done, or not, is for a person to see."""
    if held.failures:
        first = held.failures[0]
        return _unfinished(held.landed, first.kind.code, _left_open(held, ""), http_status=first.http_status)
    if not held.doubts:
        return done(held.landed)
    return _unfinished(
        held.landed,
        "follow_up_unconfirmed",
        f"{_unknown(held)}: {_why(held)}, and asking again could do it twice. {_look(held)}",
    )


def object_made(landed: Landed) -> Outcome:
    """Settle a row whose contact was there and got what the row is."""
    return replace(done(landed), status=Status.CREATED)


def already_there(landed: Landed, message: str) -> Outcome:
    """Settle a row whose contact has what the row is."""
    return replace(done(landed), status=Status.SKIPPED, code="already_there", message=message)


def not_added(held: Held) -> Outcome:
    """Fail a row that could not be put beside its contact, or may not have been."""
    failure = held.failures[0]
    if failure.nobody and not failure.doubtful:
        said = f"HighLevel has no contact of this id: {failure.words}{_stop(failure.words)} Import the contact first."
        return replace(
            _unfinished(held.landed, "contact_not_found", "", http_status=failure.http_status), message=said
        )
    words = f"{failure.kind.unknown if failure.doubtful else failure.kind.failed}: {failure.words}"
    unfinished = _unfinished(held.landed, failure.kind.code, "", http_status=failure.http_status)
    return replace(unfinished, message=f"The contact was found, but {words}{_stop(words)}")


def company_stored(submitted: SubmittedRow, status: Status) -> Outcome:
    """Settle a row whose company was made, or changed."""
    return Outcome(
        row=submitted.row,
        status=status,
        location_id=submitted.record.location_id,
        warnings=submitted.record.warnings,
        attempts=submitted.attempts,
    )


def follow_up_failed(held: Held, kind: FollowUp, words: str, *, http_status: int | None = None) -> Outcome:
    """Fail a row whose contact is stored but not finished; running it again does what is missing."""
    message = _left_open(held, f"{kind.failed}: {words}")
    return _unfinished(held.landed, kind.code, message, http_status=http_status)


def _left_open(held: Held, failed: str) -> str:
    """Say all that was not done, or may not have been."""
    parts = [failed] if failed else []
    parts += [
        f"{each.kind.unknown if each.doubtful else each.kind.failed}: {each.words}" for each in held.failures
    ]
    if held.doubts:
        parts.append(f"{_unknown(held)}, since {_why(held)}. {_look(held)}")
    return " And ".join([*(f"{each}{_stop(each)}" for each in parts[:-1]), parts[-1]])


def _unknown(held: Held) -> str:
    return ", and ".join(doubt.kind.unknown for doubt in held.doubts)


def _why(held: Held) -> str:
    return "; ".join(dict.fromkeys(doubt.words for doubt in held.doubts))


def _look(held: Held) -> str:
    return " ".join(doubt.kind.look for doubt in held.doubts)


def _unfinished(landed: Landed, code: str, but: str, *, http_status: int | None = None) -> Outcome:
    return Outcome(
        row=landed.row,
        status=Status.FAILED,
        location_id=landed.location_id,
        contact_id=landed.contact_id,
        code=code,
        message=f"The contact was {landed.status}, but {but}",
        remedy=remedy_of(code),
        warnings=landed.warnings,
        http_status=http_status or landed.http_status or None,
        attempts=landed.attempts,
        trace_id=landed.trace_id,
    )


def warning(code: str, message: str) -> Fault:
    return Fault(code=code, message=message, fails=False)


def _stop(words: str) -> str:
    return "" if words.endswith((".", "!", "?")) else "."
