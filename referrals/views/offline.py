"""The lobby card without a network: the page a device keeps, its worker, and what it sends later (B-02)."""

import hashlib
import json
import re

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors.idempotency import key_of, once
from rmflow.privacy.models import PrivacyNotice
from rmflow.staff import permissions
from rmflow.staff.middleware import before_password
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..actions import offline
from ..forms import CardForm, DiscardForm, LateForm
from ..rules import Cue, Need
from . import desk

#: What the style sheets name by url(): they are in the page only by way of these.
PICTURES = ("chevron.svg", "corner-tick.svg", "tick.svg")
FILES = re.compile(r'(?:href|src)="(/static/[^"#]+)')


class NoBoard:
    """The desk as a device knows it without us: no names, no slips, no figures."""

    is_outlet = True
    may_divert = False
    now = None  # the page says no time of its own: the same page is the same version
    outlets: tuple = ()

    def __init__(self):
        self.notice = PrivacyNotice.objects.in_force(clock.now().date())


def _shell():
    """The page a device keeps: the same for everybody, made without a request, so nobody stands in it."""
    context = {
        "board": NoBoard(),
        "form": CardForm(),
        "key": "",
        "cues": Cue.choices,
        "chosen_cues": [],
        "needs": Need.choices,
        "chosen_needs": [],
        "managers": [],
    }
    return render_to_string("referrals/offline.html", context)


@login_not_required
@before_password
@require_GET
def page(request):
    """The empty card for devices to keep."""
    return HttpResponse(_shell(), headers={"Cache-Control": "no-cache"})


@login_not_required
@before_password
@require_GET
def worker(request):
    """The service worker: which files a device keeps; the code is a file like any other."""
    shell = _shell()
    assets = sorted({*FILES.findall(shell), *(static(f"rmflow/icons/{name}") for name in PICTURES)})
    version = hashlib.sha256(json.dumps([shell, assets]).encode()).hexdigest()[:16]
    kept = {"version": version, "page": reverse("referrals:offline"), "assets": assets}
    kept["starts"] = [reverse("referrals:desk"), reverse("portal:home")]
    code = f"const KEPT = {json.dumps(kept)};\nimportScripts({json.dumps(static('rmflow/js/worker.js'))});\n"
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return HttpResponse(code, content_type="text/javascript; charset=utf-8", headers=headers)


@login_not_required
@before_password
@require_GET
def manifest(request):
    """What the home screen of a tablet shows."""
    icon = {"src": static("rmflow/icons/app.svg"), "sizes": "any", "type": "image/svg+xml"}
    facts = {
        "id": reverse("referrals:desk"),
        "name": f"{_('Lobby desk')} · {_('Client manager workbench')}",
        "short_name": pgettext("rail", "Lobby desk"),
        "start_url": reverse("referrals:desk"),
        "scope": "/",
        "display": "standalone",
        "theme_color": "#1d4a86",
        "background_color": "#f1f4f3",
        "icons": [icon],
    }
    headers = {"Cache-Control": "no-cache"}
    return JsonResponse(facts, content_type="application/manifest+json", headers=headers)


@never_cache
@require_POST
def send(request):
    """File one card that waited on the device; plain JSON, so that the queue can say what became of it."""
    board = desk.board_of(request)
    if request.POST.get("owner") != str(request.user.pk):
        text = _("These referrals were filed by another colleague and wait for that person's log-in.")
        return JsonResponse({"code": "other_user", "text": text}, status=409)
    form = CardForm(request.POST)
    if not form.is_valid() or not LateForm(request.POST).is_valid():
        texts = [text for texts in form.errors.values() for text in texts]
        return _refusal(" ".join(texts) or _("The device did not say when this was filed."))
    try:
        slip = desk.file_form(request, board, form)
    except Conflict as refusal:
        return JsonResponse({"code": "conflict", "text": str(refusal)}, status=409)
    except Refused as refusal:
        texts = [str(text) for texts in refusal.errors.values() for text in texts]
        return _refusal(" ".join(texts))
    return JsonResponse({"id": slip.pk}, status=201)


def _refusal(text):
    return JsonResponse({"code": "refused", "text": str(text)}, status=422)


@require_POST
def discard(request):
    """Note that unsent cards are thrown away, before the device forgets them."""
    form = DiscardForm(request.POST)
    if not form.is_valid():
        raise Refused(_("Say how many referrals are thrown away."), field="count")
    data = form.cleaned_data

    def produce():
        return 201, {"id": offline.discard(by=request.user, **data).pk}

    permissions.require(request.user, Permission.FILE_REFERRAL)
    _status, answer = once(request.user, key_of(request), request.POST, produce)
    return JsonResponse(answer, status=201)
