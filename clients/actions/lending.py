"""调阅: a file is asked for, approved unless it is one's own client's, handed out and taken back (C-07)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify, notify_each
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import ROLE_PERMISSIONS, Permission, Role
from rmflow.workdays import clock, current
from rmflow.workflow import Conflict, Refused

from .. import custody_rules as rules
from ..custody_rules import LOAN_TRANSITIONS, FileState, Link, LoanState, check_due, check_text
from ..models import Archive, Client, Loan
from .custody import locked, record, step

DESK, MINE = "/archives/loans/", "/archives/loans/mine/"
ASKED = gettext_noop("{who} asks to borrow archive {number}.")
APPROVED = gettext_noop("Archive {number} may be lent to {who}.")
REFUSED = gettext_noop("Archive {number} is not lent to {who}.")
OVERDUE = gettext_noop("Archive {number} was to be back on {day}; please return it.")
LATE = gettext_noop("Archive {number}, lent to {who}, was to be back on {day}.")


def borrowers(branch):
    """Who may borrow at this branch."""
    roles = [role for role in Role if Permission.BORROW_ARCHIVE in ROLE_PERMISSIONS[role]]
    return User.objects.holding_at(branch.pk, *roles).order_by("name", "employee_no")


def usual_due(today):
    return current.calendar().add(today, rules.LOAN_DAYS)


@transaction.atomic
def ask(client_id, *, by, purpose, due_on):
    """A manager asks for a client's archive; for one's own client the archivist may hand it out at once."""
    client = Client.objects.visible_to(by).select_related("branch").get(pk=client_id)
    permissions.require(by, Permission.BORROW_ARCHIVE)
    archive = Archive.objects.select_for_update(of=("self",), no_key=True).filter(client=client).first()
    if archive is None:
        raise Refused(_("No archive is kept of this client."))
    if not permissions.scope(by, Permission.BORROW_ARCHIVE).covers(archive.branch):
        raise Refused(_("Archives are lent within their branch only."))
    return _ask(archive, client, borrower=by, by=by, purpose=purpose, due_on=due_on)


@transaction.atomic
def lend(archive_id, *, by, borrower, purpose, due_on):
    """The archivist lends to a colleague who stands at the desk; asks for approval where one is needed."""
    archive = locked(archive_id, by=by)
    permissions.require(by, Permission.LEND_ARCHIVE, archive.branch)
    if borrower is None or not borrowers(archive.branch).filter(pk=borrower.pk).exists():
        raise Refused(_("Choose a manager of this branch."), field="borrower")
    loan = _ask(archive, archive.client, borrower=borrower, by=by, purpose=purpose, due_on=due_on)
    if loan.state == LoanState.APPROVED:
        _hand_out(loan, archive, by)
    return loan


def _ask(archive, client, *, borrower, by, purpose, due_on):
    why = check_text(purpose, "purpose")
    check_due(due_on, today=clock.today(), calendar=current.calendar())
    if archive.state != FileState.FILED:
        raise Conflict(_("This archive is not in the cabinet."), code="state")
    own = client.is_looked_after_by(borrower)
    loan = Loan(
        archive=archive,
        borrower=borrower,
        purpose=why,
        due_on=due_on,
        asked_by=by,
        state=LoanState.APPROVED if own else LoanState.ASKED,
    )
    try:
        with transaction.atomic():
            loan.save()
    except IntegrityError as error:
        if "loan_one_at_a_time" not in str(error):
            raise
        raise Conflict(_("This archive is asked for or lent out already."), code="taken") from None
    record(archive, Link.LENDING, "asked", by=by, reason=why, borrower=borrower.name)
    if not own:
        _tell_approvers(loan, archive, borrower)
    return loan


def _tell_approvers(loan, archive, borrower):
    people = User.objects.holding_at(archive.branch_id, Role.SUPERVISOR, Role.BRANCH_HEAD)
    params = {"who": borrower.name, "number": archive.file_no}
    notify(people, "loan", ASKED, key=f"loan:{loan.pk}", link=f"{DESK}?show=asked", params=params)


def _locked(loan_id, *, by, name):
    """The loan and its archive, locked in this order: archive, loan."""
    known = Loan.objects.visible_to(by).only("archive_id").get(pk=loan_id)
    archive = (
        Archive.objects.select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch")
        .get(pk=known.archive_id)
    )
    rows = Loan.objects.select_for_update(of=("self",), no_key=True)
    loan = rows.select_related("borrower", "settled_by").get(pk=loan_id)
    arrow = LOAN_TRANSITIONS[name]
    permissions.require(by, arrow.permission, archive.branch)
    arrow.check(loan.state)
    return loan, archive


@transaction.atomic
def approve(loan_id, *, by):
    """Supervisor or head let a colleague read another's file; never one's own request."""
    return _settle(loan_id, "approve", by=by, text="")


@transaction.atomic
def refuse(loan_id, *, by, note):
    """Say no, with the reason."""
    return _settle(loan_id, "refuse", by=by, text=check_text(note, "note"))


def _settle(loan_id, name, *, by, text):
    loan, archive = _locked(loan_id, by=by, name=name)
    if by.pk == loan.borrower_id:
        raise Refused(_("Somebody else approves what you ask for."), code="own")
    loan.state, loan.note = LOAN_TRANSITIONS[name].target, text
    loan.settled_by, loan.settled_at = by, clock.now()
    loan.save(update_fields=["state", "note", "settled_by", "settled_at"])
    record(archive, Link.LENDING, loan.state, by=by, reason=text, borrower=loan.borrower.name)
    notify(
        [loan.borrower, *User.objects.holding_at(archive.branch_id, Role.ARCHIVIST)],
        "loan",
        APPROVED if loan.state == LoanState.APPROVED else REFUSED,
        key=f"loan:{loan.pk}:{loan.state}",
        link=MINE,
        params={"number": archive.file_no, "who": loan.borrower.name},
    )
    return loan


@transaction.atomic
def hand_out(loan_id, *, by):
    """The file leaves the cabinet."""
    loan, archive = _locked(loan_id, by=by, name="hand-out")
    if loan.due_on < clock.today():
        raise Refused(_("The day of return has passed; ask anew."), code="late")
    _hand_out(loan, archive, by)
    return loan


def _hand_out(loan, archive, by):
    step("lend", archive, by=by)
    archive.save(update_fields=["state"])
    loan.state, loan.lent_at, loan.lent_by = LoanState.LENT, clock.now(), by
    loan.save(update_fields=["state", "lent_at", "lent_by"])
    record(
        archive,
        Link.LENDING,
        "lent",
        by=by,
        reason=loan.purpose,
        approved_by=loan.settled_by,
        borrower=loan.borrower.name,
        due=loan.due_on.isoformat(),
    )


@transaction.atomic
def take_back(loan_id, *, by, place="", note=""):
    """The file is back in the cabinet; also in the hours of custody, since a return is never refused."""
    loan, archive = _locked(loan_id, by=by, name="return")
    archive.state = FileState.FILED
    archive.place = " ".join(place.split())[:40] or archive.place
    archive.save(update_fields=["state", "place"])
    loan.state, loan.returned_at, loan.returned_by = LoanState.RETURNED, clock.now(), by
    loan.note = note.strip()[:300]
    loan.save(update_fields=["state", "returned_at", "returned_by", "note"])
    late = loan.due_on < clock.today()
    record(archive, Link.LENDING, "returned", by=by, reason=loan.note, borrower=loan.borrower.name, late=late)
    return loan


def remind_overdue(*, today):
    """Tell who has an overdue file, and the archivists, once a day. Returns how many loans."""
    loans = list(Loan.objects.overdue(today).select_related("archive", "borrower"))
    keepers = {}
    borrowers_told, keepers_told = [], []
    for loan in loans:
        branch = loan.archive.branch_id
        if branch not in keepers:
            keepers[branch] = list(User.objects.holding_at(branch, Role.ARCHIVIST))
        params = {"number": loan.archive.file_no, "day": loan.due_on, "who": loan.borrower.name}
        key = f"loan:{loan.pk}:late:{today}"
        borrowers_told.append((loan.borrower, key, params, MINE))
        keepers_told += [(person, key, params, f"{DESK}?show=late") for person in keepers[branch]]
    notify_each(borrowers_told, "loan", OVERDUE)
    notify_each(keepers_told, "loan", LATE)
    return len(loans)
