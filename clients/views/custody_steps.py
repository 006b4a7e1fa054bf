"""One page for every step that asks something: its form, and its refusals beside the fields."""

from django.contrib import messages
from django.shortcuts import render

from rmflow.doors import htmx
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
