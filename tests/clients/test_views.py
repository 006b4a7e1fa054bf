"""The pages: who sees what, masks in every role, constant queries, page = page after a swap."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients import actions
from clients.models import Archive, Client, MonthlyBalance, TimelineEntry, Verdict
from clients.rules import TimelineKind
from clients.sheet.opening import open_for
from clients.sheet.tabs import TABS
from clients.views.parts import PARTS
from rmflow.privacy.models import AccessEvent
from tests.clients.pages import FOLLOWS, page, tab
from tests.privacy.canary import CANARY, assert_absent

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
SEES = [
    "wealth",
    "colleague",
    "marketing",
    "lobby",
    "head",
    "supervisor",
    "archivist",
    "ebank",
    "region_head",
]
SEES_NOT = ["teller", "complaint_office", "phone_agent", "admin_user", "security_admin", "auditor"]


def rows(text):
    return re.findall(r'<tr id="client-(\d+)"', text)


def root(text, ident):
    """The element with `ident`, without what changes from answer to answer."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    start = text.index(f'id="{ident}"')
    return text[start : text.index("</section>", start)]


# -- who gets in ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", SEES)
def test_those_who_see_clients_open_list_and_sheet(request, door, person, who):
    browser = door(request.getfixturevalue(who))
    client = person()
    assert "陈*" in page(browser, "/clients/?whose=all")
    page(browser, f"/clients/{client.pk}/")


@pytest.mark.parametrize("who", SEES_NOT)
def test_the_others_get_neither(request, door, person, who):
    browser = door(request.getfixturevalue(who))
    client = person()
    assert browser.get("/clients/").status_code == 403
    for url in (
        f"/clients/{client.pk}/",
        f"/clients/{client.pk}/timeline/",
        f"/clients/{client.pk}/reveal/?field=phone",
    ):
        assert browser.get(url).status_code == 404


def test_another_branch_s_client_is_not_there(door, person, wealth):
    browser, far = door(wealth), person("王芳", "second")
    assert rows(page(browser, "/clients/?whose=all")) == []
    for url in ("", "timeline/", "reveal/?field=phone", "edit/facts/", "assign/", "masked/phone/"):
        assert browser.get(f"/clients/{far.pk}/{url}").status_code == 404
    assert browser.post(f"/clients/{far.pk}/reveal/?field=phone", {"purpose": "contact"}).status_code == 404


def test_ones_own_client_elsewhere_is(door, person, wealth):
    own = person("王芳", "second", owner=wealth)
    assert "王芳" in page(door(wealth), "/clients/")
    assert "王芳" in page(door(wealth), f"/clients/{own.pk}/")


def test_nobody_enters_without_logging_in(client):
    assert client.get("/clients/").status_code == 302


# -- masks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [*SEES, *SEES_NOT])
def test_the_canary_s_numbers_are_nowhere_for_anybody(request, door, canary, who):
    user = request.getfixturevalue(who)
    browser = door(user)
    pk = canary.pk
    gets = [
        "",
        "?whose=all",
        "?whose=none",
        f"{pk}/",
        f"{pk}/timeline/",
        f"{pk}/masked/phone/",
        f"{pk}/part/basic/?form",
        *(f"{pk}/?tab={tab}" for tab in TABS),
        f"{pk}/print/",
    ]
    gets += [
        f"{pk}/edit/contact/",
        f"{pk}/edit/identity/",
        f"{pk}/assign/",
        f"{pk}/reveal/?field=phone",
        "new/",
    ]
    answers = [browser.get(f"/clients/{url}") for url in gets]
    answers += [browser.post("/clients/find/", {"q": text}) for text in ("金", "jsq", CANARY.phone[-4:])]
    answers += [browser.post("/search/", {"q": text}) for text in ("金", "jsq", CANARY.phone[-4:])]
    for answer in answers:
        assert_absent(answer.content, str(answer.headers), where=f"{who} {answer.request['PATH_INFO']}")


@pytest.mark.parametrize("names", [["钱"] * 8, [f"钱{n}" for n in "一二三四五六七八"]])
def test_the_box_asks_as_often_for_eight_clients_as_for_one(
    door, wealth, person, names, django_assert_num_queries
):
    browser = door(wealth)
    person(names[0], phone="")
    browser.post("/search/", {"q": "钱"}, headers=HTMX)
    with CaptureQueriesContext(connection) as one:
        assert browser.post("/search/", {"q": "钱"}, headers=HTMX).status_code == 200
    for name in names[1:]:
        person(name, phone="")
    with django_assert_num_queries(len(one)):
        answer = browser.post("/search/", {"q": "钱"}, headers=HTMX)
    assert answer.content.count(b"data-row") == 8


def test_names_are_whole_only_for_those_who_look_after_the_client(
    request, door, canary, wealth, colleague, head
):
    assert "金丝雀" in page(door(wealth), f"/clients/{canary.pk}/")
    for other in (colleague, head):
        text = page(door(other), f"/clients/{canary.pk}/")
        assert "金丝雀" not in text
        assert "金**" in text
    assert "191****4329" in text
    assert "5****************9" in page(door(wealth), f"/clients/{canary.pk}/?tab=basic")


def test_the_owner_reads_the_amount_and_the_others_a_band(door, canary, wealth, head):
    MonthlyBalance.objects.create(client=canary, month="2026-10-01", amount="864321.50", label="月日均")
    assert "864,321.50" in page(door(wealth), f"/clients/{canary.pk}/")
    text = page(door(head), f"/clients/{canary.pk}/")
    assert "864,321" not in text
    assert "50-200 × 10,000 yuan" in text


def test_notes_of_talks_are_for_those_who_work_the_record(door, person, wealth, head, lobby):
    client = person(owner=wealth)
    actions.note(client, TimelineKind.CONTACT, by=wealth, text="女儿留学", data={"result": "interested"})
    for user, reads in ((wealth, True), (head, True), (lobby, False)):
        assert ("女儿留学" in page(door(user), f"/clients/{client.pk}/")) is reads


# -- showing ---------------------------------------------------------------------------------------------


def test_the_owner_shows_the_phone_for_a_purpose(door, canary, wealth):
    browser, url = door(wealth), f"/clients/{canary.pk}/reveal/?field=phone"
    assert "Check who the client is" in page(browser, url, headers=HTMX)
    refused = browser.post(url, {"purpose": "other"}, headers=HTMX)
    assert refused.status_code == 422
    assert_absent(refused.content)
    shown = browser.post(url, {"purpose": "contact"}, headers=HTMX)
    assert CANARY.phone in shown.content.decode()
    assert shown.headers["HX-Retarget"] == "#shown-phone"
    assert 'delay:60s"' in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert_absent(browser.get(f"/clients/{canary.pk}/masked/phone/").content)
    assert AccessEvent.objects.filter(kind="reveal", purpose="contact", object_id=canary.pk).count() == 1


def test_without_script_the_same_address_answers_pages(door, canary, wealth):
    browser, url = door(wealth), f"/clients/{canary.pk}/reveal/?field=id_number"
    assert "<html" in page(browser, url)
    assert CANARY.id_number in browser.post(url, {"purpose": "identify"}).content.decode()


def test_a_colleague_may_not_ask_for_what_is_another_s(door, canary, colleague):
    browser = door(colleague)
    assert "/reveal/" not in page(browser, f"/clients/{canary.pk}/")
    response = browser.post(f"/clients/{canary.pk}/reveal/?field=phone", {"purpose": "contact"})
    assert response.status_code == 403


@pytest.mark.parametrize("field", ["type", "phone_hash", "", "password", "__class__"])
def test_only_masked_fields_can_be_asked_for(door, canary, wealth, field):
    url = f"/clients/{canary.pk}/reveal/?field={field}"
    assert door(wealth).post(url, {"purpose": "contact"}).status_code == 404


def test_each_opening_of_a_sheet_is_logged_and_each_look_at_the_timeline_is_not(door, canary, head):
    browser = door(head)
    browser.get(f"/clients/{canary.pk}/")
    browser.get(f"/clients/{canary.pk}/timeline/", headers=HTMX)
    event = AccessEvent.objects.get(kind="view")
    assert (event.user, event.object_type, event.object_id, event.fields) == (
        *(head, "clients.client", canary.pk),
        ["head"],
    )
    tab(browser, f"/clients/{canary.pk}/?tab=needs")
    assert [event.fields for event in AccessEvent.objects.filter(kind="view").order_by("pk")] == [
        ["head"],
        ["needs"],
    ]


# -- the list --------------------------------------------------------------------------------------------


def test_filters_stand_in_the_address(door, person, wealth, colleague):
    mine = person("安一", owner=wealth, type="existing_premium")
    backed = person("白二", owner=colleague, backup=wealth, type="ordinary")
    free = person("曹三")
    browser = door(wealth)
    for query, expected in {
        "": [mine, backed],
        "?whose=mine&type=ordinary": [backed],
        "?whose=all": [mine, backed, free],
        "?whose=all&type=unjudged": [free],
        "?whose=none": [free],
        "?whose=all&sort=recent": [free, backed, mine],
        "?whose=nonsense&type=nonsense&sort=nonsense&page=nonsense": [mine, backed],
        "?whose=all&page=99999999999999999999": [mine, backed, free],
    }.items():
        assert rows(page(browser, f"/clients/{query}")) == [str(client.pk) for client in expected], query


def test_the_list_sorts_by_pinyin_and_by_the_longest_silence(door, person, wealth):
    shan, chen = person("单小明", owner=wealth), person("陈美华", owner=wealth)
    browser = door(wealth)
    assert rows(page(browser, "/clients/?sort=name")) == [str(chen.pk), str(shan.pk)]
    actions.note(chen, TimelineKind.CONTACT, by=wealth, data={"result": "interested"})
    assert rows(page(browser, "/clients/?sort=contact")) == [str(shan.pk), str(chen.pk)]


def test_the_list_is_paged_by_the_server(door, person, wealth):
    for number in range(30):
        person(f"李{'甲乙丙丁戊己庚辛壬癸'[number % 10]}", owner=wealth, phone="")
    browser = door(wealth)
    first = page(browser, "/clients/")
    assert len(rows(first)) == 25
    assert "1–25 of 30" in first
    assert len(rows(page(browser, "/clients/?page=2"))) == 5


def test_a_region_head_sees_every_branch_below(door, person, region_head):
    person("安一")
    person("白二", "second")
    text = page(door(region_head), "/clients/")
    assert len(rows(text)) == 2
    assert "人民路支行" in text


def test_an_empty_list_says_so_and_an_empty_filter_otherwise(door, person, wealth, head):
    assert "No clients yet" in page(door(head), "/clients/")
    person()
    assert "Nothing matches" in page(door(head), "/clients/?type=ordinary")


def queries(browser, url):
    """The fewest of three: what the shell and the session keep for some seconds may run out in between."""

    def once():
        with CaptureQueriesContext(connection) as captured:
            browser.get(url)
        return len(captured)

    return min(once() for _ in range(3))


def test_a_page_opens_for_the_same_people_as_the_list_shows_it_to(request, person, wealth, colleague):
    """The head is read by a statement of its own; the scope is that of the queryset."""
    people = [
        *(person("安一", owner=wealth), person("白二", backup=wealth), person("曹三", "second")),
        *(person("邓四", "second", owner=wealth), person("冯五"), person("葛六", "second", backup=colleague)),
    ]
    gone = person("韩七", phone="")
    cleared = {f"{name}": "" for name in ("phone", "phone_hash", "phone_tail", "id_number", "id_hash")}
    Client.objects.filter(pk=gone.pk).update(merged_into=people[0], **cleared)
    for who in (*SEES, *SEES_NOT):
        user = request.getfixturevalue(who)
        seen = set(Client.objects.visible_to(user).values_list("pk", flat=True))
        for client in (*people, gone):
            if client.pk in seen:
                assert open_for(user, client.pk).client == client
            else:
                with pytest.raises(Client.DoesNotExist):
                    open_for(user, client.pk)
            told = AccessEvent.objects.filter(kind="view", user=user, object_id=client.pk)
            assert told.count() == (client.pk in seen)  # who sees nothing leaves no line of having seen


def test_list_and_sheet_cost_the_same_for_one_and_fifteen(door, person, wealth, colleague):
    client, browser = person("安一", owner=wealth), door(wealth)
    urls = ("/clients/", "/clients/?whose=all", f"/clients/{client.pk}/")

    def furnish():
        Verdict.objects.create(
            client=client, type="ordinary", type_before="unjudged", branch=client.branch, by=colleague
        )
        actions.note(client, TimelineKind.CONTACT, by=colleague, data={"result": "interested"})

    furnish()
    MonthlyBalance.objects.create(client=client, month="2025-01-01", amount=1)
    one = [queries(browser, url) for url in urls]
    for number in range(14):
        person(f"李{number}", owner=colleague, backup=wealth)
        furnish()
    [
        MonthlyBalance.objects.create(client=client, month=f"2026-{month:02d}-01", amount=month)
        for month in range(1, 13)
    ]
    fifteen = [queries(browser, url) for url in urls]
    assert fifteen == one
    assert max(fifteen) <= 15


def test_search_in_the_list_is_posted_logged_and_leaves_no_number_in_an_address(door, person, wealth):
    client = person("张三", phone="13800001111")
    browser = door(wealth)
    text = browser.post("/clients/find/", {"q": "13800001111"}).content.decode()
    assert rows(text) == [str(client.pk)]
    assert "?q=" not in text
    event = AccessEvent.objects.get(kind="search")
    assert (event.user, event.rows, event.note) == (wealth, 1, "")
    assert browser.get("/clients/find/").status_code == 405


def test_a_client_found_outside_the_scope_has_no_sheet(door, person, wealth):
    far = person("张三", "second", phone="13800001111", occupation="企业主", customer_no="C1")
    text = door(wealth).post("/clients/find/", {"q": "13800001111"}).content.decode()
    assert rows(text) == [str(far.pk)]
    assert f"/clients/{far.pk}/" not in text
    assert "企业主" not in text


# -- the sheet -------------------------------------------------------------------------------------------


def test_the_sheet_shows_archive_notice_and_verdicts(door, person, wealth, notice):
    client = person(owner=wealth)
    actions.decide(client, by=wealth, type="existing_premium", level="core", reason="大额存款")
    text = page(door(wealth), f"/clients/{client.pk}/")
    assert Archive.objects.get().file_no in text
    assert f"{notice.version} · Consent" in text
    assert "Core premium" in text
    assert "大额存款" in text


def test_the_timeline_has_kinds_and_earlier_entries(door, person, wealth):
    client, browser = person(owner=wealth), door(wealth)
    for number in range(20):
        actions.note(
            client, TimelineKind.CONTACT, by=wealth, text=f"第{number}次", data={"result": "considering"}
        )
    actions.note(client, TimelineKind.REFERRED, by=wealth)
    text = page(browser, f"/clients/{client.pk}/")
    assert "6 earlier" in text
    assert "第19次" in text
    assert "第2次" not in text
    fragment = page(browser, f"/clients/{client.pk}/timeline/?kind=referrals", headers=HTMX)
    assert "第19次" not in fragment
    assert "Referred" in fragment
    everything = page(browser, f"/clients/{client.pk}/timeline/?shown=45", headers=HTMX)
    assert "第0次" in everything
    assert "earlier" not in everything


def test_an_entry_leads_only_those_on_who_may_open_what_lies_behind(door, person, wealth, lobby):
    client = person(owner=wealth)
    actions.note(client, TimelineKind.TIER, by=wealth, link=f"/tiers/client/{client.pk}/")
    actions.note(client, TimelineKind.COMPLAINT, by=lobby, link="/complaints/7/")
    url, tier, complaint = (
        f"/clients/{client.pk}/timeline/",
        f'"/tiers/client/{client.pk}/"',
        '"/complaints/7/"',
    )
    for user, seen in ((wealth, (True, False)), (lobby, (False, True))):
        text = page(door(user), url, headers=HTMX)
        assert (tier in text, complaint in text) == seen, user.name


@pytest.mark.parametrize("query", ["", "?kind=contacts", "?shown=45", "?kind=x&shown=-1", "?shown=²"])
def test_the_timeline_after_a_swap_is_that_of_the_page(door, person, wealth, query):
    client, browser = person(owner=wealth), door(wealth)
    for _ in range(17):
        actions.note(
            client, TimelineKind.CONTACT, by=wealth, data={"result": "no_answer", "channel": "phone"}
        )
    url = f"/clients/{client.pk}/timeline/{query}"
    whole = browser.get(url, follow=True).content.decode()
    assert root(tab(browser, html.unescape(FOLLOWS.search(whole)[1])), "timeline") == root(
        page(browser, url, headers=HTMX), "timeline"
    )


def test_the_list_after_a_swap_is_that_of_the_page(door, person, wealth):
    person(owner=wealth)
    browser = door(wealth)
    assert root(page(browser, "/clients/"), "clients") == root(
        page(browser, "/clients/", headers=HTMX), "clients"
    )


# -- changing --------------------------------------------------------------------------------------------


def test_the_manager_changes_the_record_in_place(door, canary, wealth):
    browser, url = door(wealth), f"/clients/{canary.pk}/part/basic/"
    assert 'value="金丝雀"' in page(browser, f"{url}?form", headers=HTMX)
    data = {"name": "金丝雀", "salutation": "madam", "occupation": "教师", "education": "本科"}
    response = browser.post(url, data, headers=HTMX)
    assert (response.status_code, 'id="part-basic"' in response.content.decode()) == (200, True)
    canary.refresh_from_db()
    assert (canary.occupation, canary.education, canary.address) == ("教师", "本科", CANARY.address)


def door_of(part):
    """Phone and ID document are asked for in a dialog, the rest is changed in place."""
    return "edit" if part in ("contact", "identity") else "part"


BAD = [
    ("basic", {"name": "长" * 201}, "id_name"),
    ("basic", {"name": "陈\x00"}, "id_name"),
    ("basic", {"birth_date": "2999-01-01"}, "id_birth_date"),
    ("basic", {"birth_date": "30.2."}, "id_birth_date"),
    ("basic", {"email": "nobody"}, "id_email"),
    ("basic", {"family_income": "-1", "name": "陈"}, "id_family_income"),
    ("basic", {"name": ""}, "id_name"),
    ("basic", {"hobbies": ["war"]}, "id_hobbies"),
    ("introducer", {"introducer": "C9"}, "id_introducer"),
    ("buying", {"risk_tolerance": "C3"}, "id_risk_assessed_on"),
    ("account", {"other_bank_assets": "x"}, "id_other_bank_assets"),
    ("needs", {"cares_most": ["dancing"]}, "id_cares_most"),
    ("family", {"relation": "child", "birth_date": "2999-01-01"}, "id_birth_date"),
    ("family", {"relation": "spouse", "customer_no": "C9"}, "id_customer_no"),
    ("family", {"relation": "child", "birth_date": "2024-01-01"}, "id_guardian"),
    ("dates", {"kind": "other", "month": "2", "day": "30"}, "id_day"),
    ("life", {"kind": "job", "on": "2999-01-01"}, "id_on"),
    ("consents", {"purpose": "marketing"}, "id_basis"),
    ("wishes", {"channel": "pigeon", "wanted": "False"}, "id_channel"),
    ("contact", {"phone": "1381234567", "basis": "consent"}, "id_phone"),
    ("contact", {"phone": "13812345678"}, "id_basis"),
    ("contact", {}, "id_phone"),
    ("identity", {"id_kind": "resident", "id_number": "520103198811172370"}, "id_id_number"),
    ("identity", {"id_kind": "nonsense", "id_number": "1"}, "id_id_kind"),
]


@pytest.mark.parametrize(("part", "data", "field"), BAD)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(door, canary, wealth, part, data, field):
    response = door(wealth).post(f"/clients/{canary.pk}/{door_of(part)}/{part}/", data, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert f'{field}_error"' in text
    assert TimelineEntry.objects.count() == 0


def test_html_and_sql_are_text(door, canary, wealth):
    wild = "<script>alert(1)</script>'; --"
    data = {"name": "金丝雀", "occupation": wild[:30]}
    browser = door(wealth)
    assert browser.post(f"/clients/{canary.pk}/part/basic/", data).status_code == 303
    text = page(browser, f"/clients/{canary.pk}/?tab=basic")
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("part", [*PARTS, "contact", "identity"])
def test_only_manager_and_backup_change(request, door, canary, part):
    tab = PARTS[part].tab if part in PARTS else "basic"
    for who in ("colleague", "head", "lobby", "supervisor"):
        browser = door(request.getfixturevalue(who))
        assert browser.post(f"/clients/{canary.pk}/{door_of(part)}/{part}/", {}).status_code == 403
        text = page(browser, f"/clients/{canary.pk}/?tab={tab}")
        assert "/edit/" not in text
        assert "?form" not in text
    assert door(request.getfixturevalue("wealth")).get(f"/clients/{canary.pk}/edit/else/").status_code == 404


def test_the_head_assigns_a_manager(door, person, head, wealth, colleague, other_wealth):
    client, browser = person(), door(head)
    url = reverse("clients:assign", args=[client.pk])
    assert "杨帆" not in page(browser, url, headers=HTMX)
    assert browser.post(url, {"owner": wealth.pk, "backup": wealth.pk}, headers=HTMX).status_code == 422
    assert browser.post(url, {"owner": other_wealth.pk}, headers=HTMX).status_code == 422
    assert browser.post(url, {"owner": wealth.pk, "backup": colleague.pk}, headers=HTMX).status_code == 204
    client.refresh_from_db()
    assert (client.owner, client.backup) == (wealth, colleague)
    assert door(wealth).post(url, {"owner": wealth.pk}).status_code == 403


# -- registering -----------------------------------------------------------------------------------------


def test_a_manager_registers_a_client_and_a_double_click_makes_one(door, wealth, notice):
    browser = door(wealth)
    key = re.search(r'idempotency_key" value="([^"]+)"', page(browser, "/clients/new/"))[1]
    data = {"name": "陈美华", "phone": "138 1234 5678", "basis": "consent", "idempotency_key": key}
    answers = [browser.post("/clients/new/", data) for _ in range(2)]
    client = Client.objects.get()
    assert [(a.status_code, a.headers["Location"]) for a in answers] == [(303, f"/clients/{client.pk}/")] * 2
    assert client.owner == wealth


def test_the_warning_reads_the_same_wherever_the_person_is(door, person, wealth):
    near = person("王芳", phone="13812345678")
    person("王芳", "second", phone="13900001111")
    browser = door(wealth)
    texts = []
    for phone in ("13812345678", "13900001111"):
        data = {"name": "王芳", "phone": phone, "basis": "consent", "idempotency_key": "k"}
        response = browser.post("/clients/new/", data, headers=HTMX)
        assert response.status_code == 422
        text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
        texts.append(text.replace(phone, ""))
    assert texts[0] == texts[1]
    assert "May already be looked after" in texts[0]
    assert f"/clients/{near.pk}/" not in texts[0]
    data |= {"reason": "母女共用", "idempotency_key": "k2"}
    assert browser.post("/clients/new/", data).status_code == 303
    assert Client.objects.count() == 3


@pytest.mark.parametrize("who", ["lobby", "head", "archivist", "teller"])
def test_the_others_register_nobody_here(request, door, who):
    browser = door(request.getfixturevalue(who))
    assert browser.get("/clients/new/").status_code == 403
    assert browser.post("/clients/new/", {"name": "陈美华"}).status_code == 403
