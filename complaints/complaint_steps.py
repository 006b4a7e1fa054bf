"""Every step of a complaint in one table: what it is called, its form, its action, who may take it now.

The page's buttons, the API's `transitions` and the check before a form opens read this table; the
actions check again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock as bank

from . import complaint_step_forms as forms
from .actions import complaint_deadline as deadline
from .actions import complaint_hand as hand
from .actions import complaint_reply as replies
from .actions import complaint_review as reviews
from .actions import complaint_work as work
from .rules.complaint import OPEN, OVER, RUNNING, STILL, Decision, Status
from .rules.complaint_clock import LAW_MOST, LAW_SIMPLE

_S, _P = Status, Permission
ANSWERED = (_S.REPLIED, _S.CLOSED)


def works(complaint, user):
    """The handler, or whoever assigns at the branch."""
    mine = complaint.handler_id == user.pk and user.has(_P.WORK_COMPLAINT)
    return mine or assigns(complaint, user)


def assigns(complaint, user):
    return scope(user, _P.ASSIGN_COMPLAINT).covers(complaint.branch)


def rules(complaint, user):
    return scope(user, _P.RULE_COMPLAINT).covers(complaint.branch)


def took(complaint, user):
    return complaint.taken_by_id == user.pk or works(complaint, user)


def replies_now(complaint, user):
    from rmflow.staff.models import BANK_TIME

    today = complaint.taken_at.astimezone(BANK_TIME).date() == bank.today()
    return (today and complaint.taken_by_id == user.pk) or works(complaint, user)


def anybody(complaint, user):
    return complaint.handler_id == user.pk or complaint.taken_by_id == user.pk or assigns(complaint, user)


@dataclass(frozen=True)
class Step:
    """One step: its words, form and action, the states it is open in, and who may take it."""

    label: Any
    form: type
    call: Callable
    who: Callable
    states: tuple
    hint: Any = ""
    icon: str = "arrow-right"
    also: Callable = lambda complaint: True

    def open_to(self, complaint, user):
        return complaint.status in self.states and self.also(complaint) and self.who(complaint, user)


def _waiting(complaint):
    return next((row for row in complaint.extensions.all() if row.decision == Decision.ASKED), None)


def _untold(complaint):
    rows = complaint.extensions.all()
    return next((row for row in rows if row.decision == Decision.GRANTED and row.told_at is None), None)


def _review(complaint):
    return next((row for row in complaint.reviews.all() if not row.outcome), None)


def _untold_review(complaint):
    return next((row for row in complaint.reviews.all() if row.outcome and row.told_at is None), None)


def _asked_of(complaint, user):
    """The question passed on to a unit where `user` works."""
    reach = scope(user, _P.WORK_COMPLAINT)
    rows = complaint.passes.all()
    return next((row for row in rows if row.answered_at is None and reach.covers(row.unit)), None)


def _decide(pk, *, by, **values):
    return deadline.decide_extension(pk, _one(pk, by, _waiting), by=by, **values)


def _told(pk, *, by):
    return deadline.told_of_extension(pk, _one(pk, by, _untold), by=by)


def _told_review(pk, *, by, way):
    return reviews.told_of_review(pk, _one(pk, by, _untold_review), by=by, way=way)


def _decide_review(pk, *, by, **values):
    return reviews.decide_review(pk, _one(pk, by, _review), by=by, **values)


def _answer(pk, *, by, answer):
    return hand.answer_pass(pk, _one(pk, by, lambda c: _asked_of(c, by)), by=by, answer=answer)


def _one(pk, by, find):
    """The id of the row a step is about; 0 (404) when another was faster."""
    from .models import Complaint

    row = find(Complaint.objects.visible_to(by).get(pk=pk))
    return row.pk if row else 0


STEPS = {
    "plan": Step(_("Key point and plan"), forms.PlanForm, work.set_plan, works, OPEN, icon="bulb"),
    "classify": Step(_("Classify"), forms.ClassifyForm, work.classify, works, OPEN, icon="category"),
    "promise": Step(
        _("Promise the client a time"), forms.PromiseForm, work.promise, works, RUNNING, icon="clock"
    ),
    "reply": Step(
        _("Log the reply"),
        forms.ReplyForm,
        replies.reply,
        replies_now,
        RUNNING,
        _("Way, time, content, basis and remedies all go on record."),
        "message-report",
    ),
    "call_back": Step(
        _("Call back"),
        forms.CallBackForm,
        replies.call_back,
        works,
        ANSWERED,
        icon="phone",
        also=lambda complaint: not complaint.satisfaction,
    ),
    "trace": Step(
        _("Root cause and responsibility"),
        forms.TraceForm,
        replies.trace,
        works,
        (_S.WORKING, *ANSWERED),
        icon="sitemap",
    ),
    "close": Step(
        _("Close the complaint"),
        forms.EmptyForm,
        replies.close,
        works,
        (_S.REPLIED,),
        hint=_("The complaint is closed and filed; its record stays readable."),
        icon="check",
    ),
    "assign": Step(_("Assign"), forms.AssignForm, hand.assign, assigns, RUNNING, icon="user-check"),
    "hand_over": Step(
        pgettext_lazy("complaint", "Hand over"),
        forms.AssignForm,
        hand.hand_over,
        assigns,
        STILL,
        _("The state stays; suspended, the clocks go on standing still."),
        "user-check",
    ),
    "pass_on": Step(
        _("Pass on to a unit"),
        forms.PassOnForm,
        hand.pass_on,
        works,
        RUNNING,
        _("The clock runs on unchanged."),
        "corner-up-right",
    ),
    "unit_answer": Step(
        _("Answer for the unit"), forms.AnswerForm, _answer, lambda c, u: _asked_of(c, u) is not None, OPEN
    ),
    "ask_extension": Step(
        _("Ask for extension"),
        forms.AskExtensionForm,
        deadline.ask_extension,
        works,
        RUNNING,
        _("The complaint office decides; the client is told the new date and why."),
        "calendar-plus",
        lambda c: _waiting(c) is None and not (c.extended and c.law_days in (LAW_SIMPLE, LAW_MOST)),
    ),
    "decide_extension": Step(
        _("Decide on the extension"),
        forms.DecideForm,
        _decide,
        rules,
        OPEN,
        icon="writing",
        also=lambda c: _waiting(c) is not None,
    ),
    "told": Step(
        _("Client told of the extension"),
        forms.EmptyForm,
        _told,
        works,
        OPEN,
        hint=_("The new deadline and its reason were told to the client; the time is recorded now."),
        icon="phone-call",
        also=lambda c: _untold(c) is not None,
    ),
    "complex": Step(
        _("Classify as complex"),
        forms.ReasonForm,
        deadline.make_complex,
        rules,
        RUNNING,
        _("The law then gives 30 days instead of 15."),
        "adjustments",
        lambda c: c.law_days == LAW_SIMPLE and c.handler_id is not None,
    ),
    "suspend": Step(
        _("Suspend for an external appraisal"),
        forms.SuspendForm,
        deadline.suspend,
        assigns,
        (_S.WORKING,),
        _("Only an external appraisal stops the clocks."),
        "hourglass",
    ),
    "resume": Step(
        _("Go on after the appraisal"),
        forms.ResumeForm,
        deadline.resume,
        assigns,
        (_S.SUSPENDED,),
        icon="player-play",
    ),
    "improve": Step(
        _("Add an improvement"),
        forms.ImproveForm,
        replies.improve,
        works,
        (*OPEN, _S.CLOSED),
        icon="settings",
    ),
    "withdraw": Step(
        _("The client withdraws"), forms.ReasonForm, work.withdraw, took, OPEN, icon="arrow-back-up"
    ),
    "merge": Step(
        _("Merge into another"), forms.MergeForm, work.merge, assigns, RUNNING, icon="arrows-exchange"
    ),
    "restart": Step(
        _("New facts: count anew"),
        forms.RestartForm,
        work.restart,
        assigns,
        (*RUNNING, *ANSWERED),
        _("Both clocks begin again today."),
        "refresh",
    ),
    "name": Step(
        _("Name the person complained of"),
        forms.NameForm,
        hand.name_person,
        works,
        OPEN,
        _("He and those below him keep out from now on."),
        "user-exclamation",
    ),
    "step_back": Step(
        _("Keep out myself"),
        forms.StepBackForm,
        hand.step_back,
        anybody,
        OPEN,
        _("You will not see this complaint any more."),
        "ban",
    ),
    "ask_review": Step(
        _("The client asks for a review"),
        forms.ReviewForm,
        reviews.ask_review,
        took,
        ANSWERED,
        _("In writing, within 30 days of the reply."),
        "rotate-clockwise",
        lambda c: _review(c) is None,
    ),
    "decide_review": Step(
        _("Decide the review"),
        forms.DecideReviewForm,
        _decide_review,
        lambda c, u: rules(c, u) and u.pk not in (c.handler_id, c.replied_by_id),
        (*OPEN, *OVER),
        icon="writing",
        also=lambda c: _review(c) is not None,
    ),
    "told_review": Step(
        _("Client told of the review"),
        forms.ToldReviewForm,
        _told_review,
        works,
        (*OPEN, *OVER),
        _("What was found, in full; the decision letter carries it."),
        "phone-call",
        lambda c: _untold_review(c) is not None,
    ),
    "learn": Step(
        _("Note what the client needs"),
        forms.LearnForm,
        replies.learn,
        works,
        (*OPEN, _S.CLOSED),
        icon="bulb",
        also=lambda c: c.is_premium,
    ),
    "chance": Step(
        _("Note a sales chance"),
        forms.ChanceForm,
        replies.open_chance,
        works,
        (_S.CLOSED,),
        icon="coin",
        also=lambda c: c.client_id is not None,
    ),
    "note": Step(_("Add what was done"), forms.NoteForm, work.add_note, took, OPEN, icon="edit"),
}


def open_steps(complaint, user):
    """Names of the steps `user` may take now, in the order of the table."""
    return [name for name, step in STEPS.items() if step.open_to(complaint, user)]
