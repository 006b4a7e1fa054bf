"""The keeping of archives (C-07, B-13): states, eight links, retention clocks; pure functions."""

import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused, Transition


class Link(TextChoices):
    """The eight links of keeping an archive (deck 82, 档案八环节)."""

    STORAGE = "storage", pgettext_lazy("archive", "Storage")
    QUERY = "query", pgettext_lazy("archive", "Query")
    FILING = "filing", pgettext_lazy("archive", "Filing")
    LENDING = "lending", pgettext_lazy("archive", "Lending")
    UPDATE = "update", pgettext_lazy("archive", "Update")
    CHECK = "check", pgettext_lazy("archive", "Check")
    ASSESSMENT = "assessment", pgettext_lazy("archive", "Assessment")
    DESTRUCTION = "destruction", pgettext_lazy("archive", "Destruction")


class FileState(TextChoices):
    OPENED = "opened", pgettext_lazy("archive", "To be filed")
    FILED = "filed", pgettext_lazy("archive", "In the cabinet")
    LENT = "lent", pgettext_lazy("archive", "Lent out")
    DESTROYED = "destroyed", pgettext_lazy("archive", "Destroyed")


FILE_TRANSITIONS = {
    "file": Transition(
        pgettext_lazy("archive", "File"), (FileState.OPENED,), FileState.FILED, Permission.FILE_ARCHIVE
    ),
    "store": Transition(_("Move"), (FileState.FILED,), FileState.FILED, Permission.STORE_ARCHIVE),
    "update": Transition(_("Add papers"), (FileState.FILED,), FileState.FILED, Permission.UPDATE_ARCHIVE),
    "lend": Transition(_("Hand out"), (FileState.FILED,), FileState.LENT, Permission.LEND_ARCHIVE),
    "return": Transition(_("Take back"), (FileState.LENT,), FileState.FILED, Permission.LEND_ARCHIVE),
    "destroy": Transition(_("Destroy"), (FileState.FILED,), FileState.DESTROYED, Permission.DESTROY_ARCHIVE),
}


class LoanState(TextChoices):
    ASKED = "asked", pgettext_lazy("loan", "Waiting for approval")
    APPROVED = "approved", pgettext_lazy("loan", "Approved, to be fetched")
    REFUSED = "refused", pgettext_lazy("loan", "Refused")
    LENT = "lent", pgettext_lazy("loan", "Lent out")
    RETURNED = "returned", pgettext_lazy("loan", "Returned")


#: A file has one loan in one of these at a time.
LOAN_OPEN = (LoanState.ASKED, LoanState.APPROVED, LoanState.LENT)

LOAN_TRANSITIONS = {
    "approve": Transition(_("Approve"), (LoanState.ASKED,), LoanState.APPROVED, Permission.APPROVE_CUSTODY),
    "refuse": Transition(
        pgettext_lazy("archive", "Refuse"), (LoanState.ASKED,), LoanState.REFUSED, Permission.APPROVE_CUSTODY
    ),
    "hand-out": Transition(_("Hand out"), (LoanState.APPROVED,), LoanState.LENT, Permission.LEND_ARCHIVE),
    "return": Transition(_("Take back"), (LoanState.LENT,), LoanState.RETURNED, Permission.LEND_ARCHIVE),
}

#: Working days a file is lent for: as a rule, and at most.
LOAN_DAYS, LOAN_MOST = 3, 10


class HoldKind(TextChoices):
    COMPLAINT = "complaint", pgettext_lazy("hold", "Open complaint")
    DISPUTE = "dispute", pgettext_lazy("hold", "Dispute or lawsuit")
    INQUIRY = "inquiry", pgettext_lazy("hold", "Inquiry by an authority")
    RIGHTS = "rights", pgettext_lazy("hold", "Open request of the client")
    OTHER = "other", pgettext_lazy("hold", "Other reason")


#: What a person may choose; the rest is set by the house itself.
HOLDS_BY_HAND = (HoldKind.DISPUTE, HoldKind.INQUIRY, HoldKind.OTHER)


class Finding(TextChoices):
    """What a check finds of one file."""

    OK = "ok", pgettext_lazy("check", "In order")
    MISSING = "missing", pgettext_lazy("check", "Not there")
    MISPLACED = "misplaced", pgettext_lazy("check", "In another place")
    INCOMPLETE = "incomplete", pgettext_lazy("check", "Papers missing")
    DIFFERS = "differs", pgettext_lazy("check", "Differs from the system")


CHECK_SAMPLE = 8


class Grade(TextChoices):
    EXCELLENT = "excellent", pgettext_lazy("grade", "Excellent")
    GOOD = "good", pgettext_lazy("grade", "Good")
    FAIR = "fair", pgettext_lazy("grade", "Fair")
    POOR = "poor", pgettext_lazy("grade", "Needs work")


def grade_for(figures) -> str:
    """What the figures alone suggest; the archivist decides. One point off for each thing wrong."""
    wrong = figures["overdue"] + figures["late"] + figures["faults"] + figures["unfiled"]
    if figures["completeness"] < 50 or wrong > 4:
        return Grade.POOR
    if wrong > 1:
        return Grade.FAIR
    return Grade.EXCELLENT if not wrong and figures["completeness"] >= 75 else Grade.GOOD


class Record(TextChoices):
    """Classes of record with a clock of their own (domain-rules §4.5)."""

    CLIENT_FILE = "client_file", pgettext_lazy("retention", "Client file and identity")
    MAINTENANCE = "maintenance", pgettext_lazy("retention", "Maintenance records and suitability")
    PROSPECT = (
        "prospect",
        pgettext_lazy("retention", "Referrals and follow-ups of those who never became clients"),
    )
    COMPLAINT = "complaint", pgettext_lazy("retention", "Complaints")
    AUDIT_LOG = "audit_log", pgettext_lazy("retention", "Access log")
    JOURNAL = "journal", pgettext_lazy("retention", "Work logs and statistics")
    ASSESSMENT = "impact", pgettext_lazy("retention", "Privacy impact assessments")
    MEDIA = "media", pgettext_lazy("retention", "Recordings of sales")


#: Classes whose period the house applies by itself. Of the others nothing is deleted; a bank's own rules hold.
CLOCKED = (Record.CLIENT_FILE, Record.PROSPECT, Record.COMPLAINT)


class Start(TextChoices):
    """From when a clock runs."""

    RELATION_END = "relation_end", pgettext_lazy("retention", "End of the relation")
    LAST_DEALING = "last_dealing", pgettext_lazy("retention", "Last dealing")
    CLOSE = "close", pgettext_lazy("retention", "Close of the matter")
    MADE = "made", pgettext_lazy("retention", "Day of the record")


class Ending(TextChoices):
    """What happens when a clock has run."""

    DESTROY = "destroy", pgettext_lazy("retention", "On the list for destruction")
    ANONYMISE = "anonymise", pgettext_lazy("retention", "Made anonymous, counts kept")
    KEEP = "keep", pgettext_lazy("retention", "Kept at least so long")


def add_years(day: datetime.date, years: int) -> datetime.date:
    """The same day `years` later; 29 February becomes 1 March, so that nothing ends a day early."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return datetime.date(day.year + years, 3, 1)


def keep_until(start, *, years=0, days=0):
    """The last day a record is kept; None while its clock has not begun."""
    if start is None:
        return None
    return add_years(start, years) + datetime.timedelta(days=days)


class DestructionState(TextChoices):
    PROPOSED = "proposed", pgettext_lazy("destruction", "Waiting for approval")
    APPROVED = "approved", pgettext_lazy("destruction", "Approved, to be carried out")
    UNDERWAY = "underway", pgettext_lazy("destruction", "Waiting for the witness")
    DONE = "done", pgettext_lazy("destruction", "Carried out")
    REFUSED = "refused", pgettext_lazy("destruction", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("destruction", "Withdrawn")


_S = DestructionState
DESTRUCTION_TRANSITIONS = {
    "approve": Transition(_("Approve"), (_S.PROPOSED,), _S.APPROVED, Permission.APPROVE_DESTRUCTION),
    "order": Transition(_("Approve"), (_S.PROPOSED,), _S.APPROVED, Permission.ORDER_DESTRUCTION),
    "begin": Transition(_("Begin"), (_S.APPROVED, _S.UNDERWAY), _S.UNDERWAY, Permission.DESTROY_ARCHIVE),
    "witness": Transition(_("Witness"), (_S.UNDERWAY,), _S.DONE, None),
    "withdraw": Transition(
        _("Withdraw"), (_S.PROPOSED, _S.APPROVED, _S.UNDERWAY), _S.WITHDRAWN, Permission.DESTROY_ARCHIVE
    ),
}
#: Batches whose files are on a list and on no other.
DESTRUCTION_OPEN = (_S.PROPOSED, _S.APPROVED, _S.UNDERWAY)


class ItemState(TextChoices):
    LISTED = "listed", pgettext_lazy("destruction", "On the list")
    STOPPED = "stopped", pgettext_lazy("destruction", "Taken off")
    DESTROYED = "destroyed", pgettext_lazy("destruction", "Destroyed")


class Stop(TextChoices):
    """Why a file was taken off a list."""

    HOLD = "hold", pgettext_lazy("destruction", "On hold")
    OPEN_WORK = (
        "open_work",
        pgettext_lazy("destruction", "Work with the client is open, or a record is kept still"),
    )
    NOT_THERE = "not_there", pgettext_lazy("destruction", "Not in the cabinet")
    NOT_DUE = "not_due", pgettext_lazy("destruction", "No longer due")
    BATCH = "batch", pgettext_lazy("destruction", "The list was refused or withdrawn")


BATCH_MOST = 200  # files of one list: what two people can look through


def stop_of(*, state, on_hold, busy, keep_until, today) -> str:
    """Why this file may not be destroyed now; "" when it may."""
    if on_hold:
        return Stop.HOLD
    if busy:
        return Stop.OPEN_WORK
    if state != FileState.FILED:
        return Stop.NOT_THERE
    if keep_until is None or keep_until >= today:
        return Stop.NOT_DUE
    return ""


def check_text(text, field, *, most=300):
    """What was written, stripped; Refused when it is missing or too long."""
    text = (text or "").strip()
    if not text:
        raise Refused(_("Say why."), field=field)
    if len(text) > most:
        raise Refused(_("At most {most} characters.").format(most=most), field=field)
    return text


def check_due(due_on, *, today, calendar):
    """Refuse a day of return that is past or further away than LOAN_MOST working days."""
    if due_on is None or due_on < today:
        raise Refused(_("Choose today or a day after it."), field="due_on")
    if due_on > calendar.add(today, LOAN_MOST):
        raise Refused(_("At most {n} working days.").format(n=LOAN_MOST), field="due_on")
