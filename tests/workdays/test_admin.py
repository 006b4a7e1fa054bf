"""The calendar in the admin: a notice is uploaded, faults stand beside the file."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from rmflow.workdays.models import BranchDay, CalendarChange, CalendarYear, OpeningRule

from .notices import text

pytestmark = pytest.mark.django_db
NOTICE = "国办发明电〔2026〕9号"


@pytest.fixture
def admin(client, admin_user, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    client.force_login(admin_user)
    client.cookies["django_language"] = "en"
    return client


def upload(content, **more):
    return {
        "notice_no": NOTICE,
        "file": SimpleUploadedFile("2027.csv", content.encode(), "text/csv"),
        **more,
    }


def change(year):
    return reverse("admin:workdays_calendaryear_change", args=[year])


def test_uploading_a_notice_makes_the_year_official(admin, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = admin.post(change(2027), upload(text()), follow=True)
    assert response.status_code == 200
    assert "The notice for 2027 is in force" in response.content.decode()
    year = CalendarYear.objects.get(pk=2027)
    assert (year.state, year.notice_no) == ("official", NOTICE)
    assert "2027-01-31" in admin.get(change(2027)).content.decode()


def test_uploading_it_again_says_so(admin):
    admin.post(change(2027), upload(text()))
    again = admin.post(change(2027), upload(text()), follow=True)
    assert "says just that already" in again.content.decode()
    assert CalendarChange.objects.count() == 1


def test_faults_stand_beside_the_file_and_nothing_changes(admin):
    response = admin.post(change(2027), upload(text("2027-02-30,off,x", "2027-08-10,work,y")))
    errors = response.context["adminform"].form.errors["file"]
    assert len(errors) == 2
    assert "there is no such day" in errors[0]
    assert CalendarYear.objects.get(pk=2027).state == "provisional"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"notice_no": ""}, "notice_no"),
        ({"file": ""}, "file"),
        ({"file": SimpleUploadedFile("x.csv", b"\x00\x01")}, "file"),
    ],
)
def test_what_is_missing_or_no_csv_is_said_beside_its_field(admin, more, field):
    response = admin.post(change(2027), upload(text(), **more))
    assert field in response.context["adminform"].form.errors
    assert CalendarYear.objects.get(pk=2027).state == "provisional"


def test_an_official_year_marked_provisional_is_refused_beside_the_box(admin):
    content = text().replace("2027-", "2026-").replace("work", "off")
    response = admin.post(change(2026), upload(content, provisional="on"))
    assert "provisional" in response.context["adminform"].form.errors
    assert CalendarYear.objects.get(pk=2026).state == "official"


def test_a_new_year_is_added_with_its_notice(admin):
    content = text().replace("2027-", "2029-").replace("work", "off")
    response = admin.post(reverse("admin:workdays_calendaryear_add"), upload(content, year="2029"))
    assert response.status_code == 302
    assert CalendarYear.objects.get(pk=2029).state == "official"


@pytest.mark.parametrize("year", ["", "abc", "1200", "2026"])
def test_a_year_that_cannot_be_added_is_said_beside_it(admin, year):
    response = admin.post(reverse("admin:workdays_calendaryear_add"), upload(text(), year=year))
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert CalendarYear.objects.get(pk=2026).notice_no == "国办发明电〔2025〕7号"


def test_changes_and_business_days_can_be_looked_at_but_not_written(admin, branch):
    admin.post(change(2027), upload(text()))
    row = CalendarChange.objects.get()
    page = admin.get(reverse("admin:workdays_calendarchange_change", args=[row.pk])).content.decode()
    assert "2027-01-31: by the week" in page
    assert admin.post(reverse("admin:workdays_calendarchange_delete", args=[row.pk])).status_code == 403
    assert admin.get(reverse("admin:workdays_branchday_add")).status_code == 403
    day = BranchDay.objects.create(
        branch=branch, date=datetime.date(2026, 11, 23), opened_at=datetime.datetime.now(datetime.UTC)
    )
    assert admin.get(reverse("admin:workdays_branchday_change", args=[day.pk])).status_code == 200


def test_a_year_is_never_deleted(admin):
    assert admin.post(reverse("admin:workdays_calendaryear_delete", args=[2027])).status_code == 403


def test_opening_hours_are_kept_with_boxes_for_the_weekdays(admin, branch):
    data = {
        "branch": branch.pk,
        "weekdays": ["1", "2", "3", "4", "5"],
        "open_at": "08:30",
        "close_at": "16:30",
        "closed_on_holidays": "on",
    }
    response = admin.post(reverse("admin:workdays_openingrule_add"), data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    rule = OpeningRule.objects.get()
    assert rule.weekdays == [1, 2, 3, 4, 5]
    page = admin.get(reverse("admin:workdays_openingrule_change", args=[rule.pk])).content.decode()
    assert page.count("checked") == 6
    wrong = admin.post(
        reverse("admin:workdays_openingrule_change", args=[rule.pk]), data | {"close_at": "08:00"}
    )
    assert "A branch opens before it closes." in wrong.content.decode()


def test_lists_open(admin):
    for model in ("calendaryear", "calendarchange", "openingrule", "openingday", "branchday"):
        assert admin.get(reverse(f"admin:workdays_{model}_changelist")).status_code == 200


def test_who_does_not_keep_reference_data_is_kept_out(client, lobby, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    client.force_login(lobby)
    assert client.get(change(2027)).status_code in (302, 403)
    assert client.post(change(2027), upload(text())).status_code in (302, 403)
    assert CalendarYear.objects.get(pk=2027).state == "provisional"
