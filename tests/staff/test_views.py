"""What staff set for themselves, and the administrators' pages."""

import pytest
from django.test import Client

from rmflow.staff import actions
from rmflow.staff.models import User, bank_today
from rmflow.staff.permissions import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.staff.urls")]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _home(settings):
    settings.LOGIN_REDIRECT_URL = "/"


@pytest.fixture
def at():
    """A function: a client logged in as `user`."""

    def run(user):
        client = Client()
        client.force_login(user)
        return client

    return run


def reread(user):
    return User.objects.get(pk=user.pk)


def test_three_buttons_set_the_availability_and_answer_with_the_fragment(wealth, at):
    client = at(wealth)
    answer = client.post("/staff/availability/", {"availability": "busy"}, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("<button") == 3
    assert 'value="busy" aria-pressed="true"' in text
    assert reread(wealth).availability == "busy"


def test_without_script_it_leads_back_to_the_page(wealth, at):
    answer = at(wealth).post("/staff/availability/", {"availability": "out", "next": "/t/note/"})
    assert answer.url == "/t/note/"
    elsewhere = {"availability": "out", "next": "https://evil.example/"}
    assert at(wealth).post("/staff/availability/", elsewhere).url == "/"


@pytest.mark.parametrize("fields", [{"availability": "asleep"}, {"availability": "out", "back_at": "00:00"}])
def test_a_wrong_state_or_hour_is_refused_and_changes_nothing(wealth, at, fields):
    assert at(wealth).post("/staff/availability/", fields).status_code == 422
    assert at(wealth).post("/staff/availability/", fields, headers=HTMX).status_code == 422
    assert reread(wealth).availability == "free"


def test_one_chooses_the_branch_of_the_day_among_the_own_city(lobby, at, branches):
    client = at(lobby)
    page = client.get("/staff/duty/").content.decode()
    assert "人民路支行" in page
    assert "贵阳市分行" not in page
    client.post("/staff/duty/", {"branch": branches["second"].pk})
    user = reread(lobby)
    assert (user.branch, user.duty_on) == (branches["second"], bank_today())
    assert client.post("/staff/duty/", {"branch": branches["office"].pk}).status_code == 422


def test_the_role_in_use_must_be_held(teller, at):
    assert at(teller).post("/staff/role/", {"role": "teller"}).status_code == 303
    assert at(teller).post("/staff/role/", {"role": "branch_head"}).status_code == 403


def test_the_language_is_kept_with_the_person_and_the_browser(teller, at):
    client = at(teller)
    answer = client.post("/staff/language/", {"language": "en", "next": "/t/note/"})
    assert answer.url == "/t/note/"
    assert client.cookies["django_language"].value == "en"
    assert reread(teller).language == "en"
    assert client.post("/staff/language/", {"language": "xx"}).status_code == 400
    assert Client().post("/staff/language/", {"language": "en"}).status_code == 302


PAGES = [
    # path, method, teller, head, admin, security administrator, auditor
    ("/staff/people/", "get", 403, 403, 200, 200, 403),
    ("/staff/people/?q=1001", "get", 403, 403, 200, 200, 403),
    ("/staff/people/new/", "get", 403, 403, 200, 403, 403),
    ("/staff/people/{pk}/", "get", 403, 403, 200, 200, 403),
    ("/staff/people/{pk}/unlock/", "post", 403, 403, 403, 303, 403),
    ("/staff/people/{pk}/forget-phone/", "post", 403, 403, 403, 303, 403),
    ("/staff/people/{pk}/reset-password/", "post", 403, 403, 403, 200, 403),
    ("/unlock/", "get", 403, 403, 403, 200, 403),
    ("/admin/staff/branch/", "get", 403, 403, 200, 403, 403),
    ("/admin/staff/user/", "get", 403, 403, 200, 403, 403),
    ("/admin/staff/roleholding/", "get", 403, 403, 403, 200, 403),
    ("/admin/", "get", 403, 403, 200, 200, 403),
]


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row[0])
def test_administration_is_open_to_its_role_only(
    row, at, teller, head, admin_user, security_admin, auditor, lobby
):
    path, method, *expected = row
    people = [teller, head, admin_user, security_admin, auditor]
    found = [getattr(at(who), method)(path.format(pk=lobby.pk)).status_code for who in people]
    assert found == expected


def test_the_list_of_people_costs_the_same_for_many(security_admin, at, hire, django_assert_max_num_queries):
    for number in range(20):
        hire(f"2000{number:02d}", "同事", Role.TELLER)
    client = at(security_admin)
    client.get("/staff/people/")
    with django_assert_max_num_queries(10):
        assert client.get("/staff/people/").status_code == 200


@pytest.mark.parametrize("query", ["1001", "何", "x" * 10_000, "<b>", "';--", "😀"])
def test_people_are_found_by_the_beginning_of_number_or_name(security_admin, teller, at, query):
    answer = at(security_admin).get("/staff/people/", {"q": query})
    assert answer.status_code == 200
    assert ("何丽萍" in answer.content.decode()) == (query in ("1001", "何"))


def test_a_role_is_granted_and_ended_on_the_page(security_admin, teller, at, branches):
    client = at(security_admin)
    place = f"/staff/people/{teller.pk}/"
    form = {"role": "archivist", "branch": branches["first"].pk}
    assert client.post(f"{place}grant/", form).status_code == 303
    again = client.post(f"{place}grant/", form)
    assert again.status_code == 422
    assert "strip-past" in again.content.decode()
    holding = teller.role_holdings.get(role="archivist")
    assert client.post(f"{place}revoke/{holding.pk}/").status_code == 303
    assert not teller.role_holdings.filter(role="archivist").exists()


def test_each_form_on_the_page_of_a_person_carries_the_token(security_admin, teller, at):
    text = at(security_admin).get(f"/staff/people/{teller.pk}/").content.decode()
    assert text.count('name="csrfmiddlewaretoken"') == text.count('method="post"') > 4


def test_a_role_of_another_person_is_not_ended_through_this_one(security_admin, teller, lobby, at):
    path = f"/staff/people/{teller.pk}/revoke/{lobby.holdings[0].pk}/"
    assert at(security_admin).post(path).status_code == 404


def test_the_initial_password_is_shown_once_and_kept_by_no_cache(admin_user, at, branches):
    form = {"employee_no": "100999", "name": "钱进", "home_branch": branches["first"].pk}
    answer = at(admin_user).post("/staff/people/new/", form)
    assert 'id="initial-password"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    nul = at(admin_user).post("/staff/people/new/", {**form, "employee_no": "1\x00", "name": "x" * 10_000})
    assert nul.status_code == 422
    assert nul.content.decode().count("field-error") == 2


def test_a_locked_account_stands_on_the_list_until_unlocked(security_admin, teller, at, log_in):
    for _n in range(5):
        log_in(teller, password="wrong")
    client = at(security_admin)
    assert "何丽萍" in client.get("/unlock/").content.decode()
    client.post(f"/staff/people/{teller.pk}/unlock/")
    assert "何丽萍" not in client.get("/unlock/").content.decode()


def test_the_admin_shows_no_secrets_of_libraries(admin_user, at):
    text = at(admin_user).get("/admin/").content.decode()
    assert "/admin/staff/branch/" in text
    for hidden in ("otp", "authtoken", "axes", "/auth/"):
        assert f"/admin/{hidden.strip('/')}" not in text


def test_the_code_of_a_branch_is_fixed_once_it_is_part_of_paths(admin_user, at, branches):
    page = at(admin_user).get(f"/admin/staff/branch/{branches['first'].pk}/change/")
    assert page.status_code == 200
    assert 'name="code"' not in page.content.decode()
    data = {"name": "中山支行", "kind": "branch", "phone": "", "address": "", "is_active": "on"}
    at(admin_user).post(f"/admin/staff/branch/{branches['first'].pk}/change/", data)
    branches["first"].refresh_from_db()
    assert (branches["first"].name, branches["first"].code) == ("中山支行", "0817")


def test_someone_else_cannot_be_made_available(wealth, colleague):
    actions.set_availability("out", by=wealth)
    assert reread(colleague).availability == "free"
