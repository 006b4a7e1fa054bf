"""One page for every step that asks something: its form, and its refusals beside the fields."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Conflict, Refused


def ask(request, form, title, do, *, back, done, go="", note="", primary=""):
    """Show the form, or run `do(cleaned data)` and go `back`; what a rule refuses stands in the form.

    `go`: label of the button; `note`: a sentence above; `primary`: where to go after it, if not back.
    """
    if request.method == "POST" and form.is_valid():
        try:
            target = do(form.cleaned_data)
        except Conflict:
            raise
        except Refused as refused:
            for field, texts in refused.errors.items():
                form.add_error(field if field in form.fields else None, [str(text) for text in texts])
        else:
            messages.success(request, done, extra_tags="met")
            return htmx.redirect(request, target if isinstance(target, str) else primary or back)
    context = {"form": form, "title": title, "back": back, "go": go or title, "note": note}
    return render(request, "custody/step.html", context, status=422 if form.errors else 200)


def proposed(request, field, propose):
    """The posted proposal of a list of destruction: (answer, {}) when it was made, else (None, errors).

    `propose(branch, by, ids, reason)` calls the action; `field` names the boxes ticked.
    """
    user = request.user
    permissions.require(user, Permission.DESTROY_ARCHIVE)
    ids = {int(text) for text in request.POST.getlist(field) if text.isdecimal() and len(text) < 19}
    try:
        if user.branch is None:
            raise Refused(_("You have no branch today; ask the administrator."))
        batch = propose(user.branch, user, ids, request.POST.get("reason", ""))
    except Conflict:
        raise
    except Refused as refused:
        return None, {name: texts[0] for name, texts in refused.errors.items()}
    messages.success(request, _("Sent to supervisor and head"), extra_tags="met")
    return htmx.redirect(request, reverse("custody:destruction", args=[batch.pk])), {}
