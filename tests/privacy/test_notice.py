"""Privacy notices: one in force, kept as evidence."""

import datetime

import pytest

from rmflow.privacy.models import PrivacyNotice

TODAY = datetime.date(2026, 11, 24)


def add(version, days):
    day = TODAY + datetime.timedelta(days=days)
    return PrivacyNotice.objects.create(version=version, title="告知书", text="内容", effective_on=day)


def test_the_first_notice_comes_with_the_tables(db):
    assert PrivacyNotice.objects.in_force(TODAY).version == "1.0"


def test_before_the_first_notice_none_is_in_force(db):
    assert PrivacyNotice.objects.in_force(datetime.date(2020, 1, 1)) is None


def test_a_new_version_counts_from_its_day(db):
    add("2.0", 1)
    assert PrivacyNotice.objects.in_force(TODAY).version == "1.0"
    assert PrivacyNotice.objects.in_force(TODAY + datetime.timedelta(days=1)).version == "2.0"


@pytest.mark.parametrize(("days", "may"), [(-1, False), (0, False), (3650, True)])
def test_only_a_version_not_yet_in_force_may_be_changed(admin_user, rf, days, may):
    from django.contrib import admin

    from rmflow.privacy.admin import PrivacyNoticeAdmin
    from rmflow.staff.models import bank_now

    notice = add("2.0", 0)
    notice.effective_on = bank_now().date() + datetime.timedelta(days=days)
    request = rf.get("/")
    request.user = admin_user
    assert PrivacyNoticeAdmin(PrivacyNotice, admin.site).has_change_permission(request, notice) is may


def test_changes_of_a_notice_are_kept(db):
    notice = add("2.0", 1)
    notice.text = "新内容"
    notice.save()
    events = type(notice)._meta.related_objects
    history = next(rel.related_model for rel in events if rel.related_model.__name__.endswith("Event"))
    assert list(history.objects.filter(pgh_obj=notice).order_by("pgh_id").values_list("text", flat=True)) == [
        "内容",
        "新内容",
    ]
