"""The smallest honest Django site: session login, standard middleware, CSRF, one statement, one template."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import path

from followups.models import PlanItem
from referrals.models import RepeatCheck
from rmflow.staff.person import StaffBackend

StaffBackend.get_user = ModelBackend.get_user  # one row of one table, as any Django site loads it


@login_required
def page(request):
    return render(request, "bare_page.html")


@login_required
def rows(request):
    items = PlanItem.objects.filter(owner=request.user, state="open").order_by("plan_on", "at")[:25]
    return render(request, "bare_rows.html", {"items": items})


@login_required
def create(request):
    if request.method == "POST":
        RepeatCheck.objects.create(by=request.user, warned=False)
    return render(request, "bare_page.html")


urlpatterns = [path("page", page), path("rows", rows), path("create", create)]
