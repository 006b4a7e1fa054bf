"""The archive: days of both calendars, completeness, actions with what they refuse, the page's parts."""

import datetime
import html
import re
from types import SimpleNamespace

import pytest
import time_machine

from clients import actions, completeness, dates
from clients.actions import archive
from clients.models import (
    Client,
    Consent,
    ContactWish,
    FamilyMember,
    Holding,
    Household,
    ImportantDate,
    LifeEvent,
    MonthlyBalance,
    Product,
    Profile,
    TimelineEntry,
)
from clients.rules import TimelineKind
from clients.sheet.tabs import TABS
from rmflow.privacy.models import AccessEvent
from rmflow.workflow import Conflict, Refused

from . import pages
from .pages import page
from .test_views import queries

HTMX = {"HX-Request": "true"}
TODAY = datetime.date(2026, 10, 8)


def day(text):
    return datetime.date.fromisoformat(text)


# -- days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "number", "year", "expected"),
    [
        (8, 15, 2026, "2026-09-25"),  # 中秋
        (1, 1, 2026, "2026-02-17"),  # 春节
        (1, 1, 2027, "2027-02-06"),
        (12, 8, 2026, "2027-01-15"),  # 腊八 of the lunar year 2026 lies in 2027
        (12, 30, 2026, "2027-02-05"),  # the last day of a month of 29 days
        (12, 30, 2023, "2024-02-09"),  # of one of 30
        (6, 1, 2025, "2025-06-25"),  # the ordinary sixth month, not the leap one
    ],
)
def test_a_lunar_day_falls_on_a_date(month, number, year, expected):
    assert dates.falls_on(month, number, lunar=True, year=year) == day(expected)


def test_the_thirtieth_of_a_short_lunar_month_is_kept_on_its_last_day():
    last = dates.falls_on(12, 29, lunar=True, year=2026)
    assert dates.falls_on(12, 30, lunar=True, year=2026) == last
    assert {(True, 12, 29), (True, 12, 30)} <= set(dates.meant_by(last))


def test_a_day_born_in_a_leap_month_is_that_of_the_ordinary_one():
    assert dates.lunar_of(day("2025-07-25")) == (6, 1)  # 闰六月初一
    assert dates.meant_by(day("2025-07-25")) == ((False, 7, 25),)


def test_the_29th_of_february_is_kept_on_the_28th_of_other_years():
    assert dates.falls_on(2, 29, lunar=False, year=2027) == day("2027-02-28")
    assert (False, 2, 29) in dates.meant_by(day("2027-02-28"))
    assert (False, 2, 29) not in dates.meant_by(day("2028-02-28"))


@pytest.mark.parametrize("lunar", [True, False])
def test_what_falls_on_a_day_is_meant_by_it_and_by_no_other(lunar):
    for offset in range(0, 720, 7):
        today = TODAY + datetime.timedelta(days=offset)
        month, number = dates.lunar_of(today) if lunar else (today.month, today.day)
        following = dates.next_time(month, number, lunar=lunar, today=today)
        assert following >= today
        assert (lunar, month, number) in dates.meant_by(following)


# -- completeness ----------------------------------------------------------------------------------------


def test_the_weights_make_a_hundred_and_the_prompts_are_those_worth_most():
    assert sum(item.weight for item in completeness.ITEMS) == 100
    empty = completeness.score(set())
    assert (empty.percent, len(empty.prompts)) == (0, 3)
    assert [item.weight for item in empty.prompts] == sorted(
        (item.weight for item in completeness.ITEMS), reverse=True
    )[:3]
    assert empty.after == sum(item.weight for item in empty.prompts)
    whole = completeness.score({item.key for item in completeness.ITEMS})
    assert (whole.percent, whole.prompts, whole.after) == (100, (), 100)


def test_an_assessment_that_is_past_is_asked_for_again():
    client, profile = Client(phone="1"), Profile(risk_tolerance="C3", risk_valid_until=TODAY)
    counts = {"family": 0, "dates": 0, "consents": set()}
    assert "risk" in completeness.known_of(client, profile, today=TODAY, **counts)
    later = TODAY + datetime.timedelta(days=1)
    assert "risk" not in completeness.known_of(client, profile, today=later, **counts)


# -- actions ---------------------------------------------------------------------------------------------


def test_a_change_is_on_the_timeline_in_the_log_and_in_the_history(person, wealth):
    client = person(owner=wealth)
    archive.change_profile(client.pk, by=wealth, job_class="leader", email="a@b.cn")
    archive.change_profile(client.pk, by=wealth, job_class="leader")  # says nothing new
    archive.change_profile(client.pk, by=wealth, job_class="public")
    profile = Profile.objects.get()
    assert (profile.job_class, profile.email, profile.updated_by) == ("public", "a@b.cn", wealth)
    assert [row.job_class for row in profile.history.order_by("pgh_id")] == ["leader", "public"]
    assert profile.history.last().pgh_context.metadata["user"] == wealth.pk
    assert TimelineEntry.objects.filter(kind="data").count() == 2
    event = AccessEvent.objects.filter(kind="change").first()
    assert (event.object_id, sorted(event.fields)) == (client.pk, ["email", "job_class"])


@pytest.mark.parametrize("who", ["colleague", "head", "lobby", "supervisor"])
def test_only_manager_and_backup_write(request, person, wealth, who):
    client, by = person(owner=wealth), request.getfixturevalue(who)
    for write in (
        lambda: archive.change_profile(client.pk, by=by, wants="x"),
        lambda: archive.put_member(client.pk, by=by, relation="spouse"),
        lambda: archive.give_consent(client.pk, by=by, purpose="service", basis="consent"),
        lambda: archive.put_wish(client.pk, by=by, channel="sms", wanted=False),
    ):
        with pytest.raises(Exception, match=r"role|manager"):
            write()
    assert not Profile.objects.exists() and not FamilyMember.objects.exists()


def test_another_branch_s_client_is_not_there(person, wealth):
    with pytest.raises(Client.DoesNotExist):
        archive.change_profile(person(branch="second").pk, by=wealth, wants="x")


def test_the_parts_of_a_profile_are_checked_together(person, wealth):
    client = person(owner=wealth)
    archive.change_profile(client.pk, by=wealth, cares_most=["news"])
    with pytest.raises(Refused) as refused:
        archive.change_profile(client.pk, by=wealth, cares_least=["news"])
    assert "cares_least" in refused.value.errors


def test_an_introducer_is_another_and_makes_no_ring(person, wealth):
    first, second = (
        person(name, owner=wealth, customer_no=no) for name, no in (("安一", "C1"), ("白二", "C2"))
    )
    archive.set_introducer(first.pk, by=wealth, customer_no="C2")
    for pk, number in ((first.pk, "C1"), (second.pk, "C1"), (second.pk, "C9")):
        with pytest.raises(Refused):
            archive.set_introducer(pk, by=wealth, customer_no=number)
    assert Client.objects.get(pk=first.pk).introducer == second
    archive.set_introducer(first.pk, by=wealth, customer_no="")
    assert Client.objects.get(pk=first.pk).introducer is None


def test_a_relative_who_banks_here_shares_the_household(person, wealth):
    client, other = person(owner=wealth), person("王强", owner=wealth, customer_no="C7")
    row = archive.put_member(client.pk, by=wealth, relation="spouse", name="王强", customer_no="C7")
    other.refresh_from_db()
    client.refresh_from_db()
    assert row.person == other
    assert client.household is not None and client.household == other.household
    with pytest.raises(Refused, match="already"):
        archive.put_member(client.pk, by=wealth, relation="sibling", customer_no="C7")


def test_the_changes_name_managers_branches_and_persons(person, wealth, colleague, door, branches):
    introducer = person("李远远", owner=colleague)
    client = person(owner=wealth)
    Client.objects.filter(pk=client.pk).update(introducer=introducer, backup=colleague)
    Client.objects.filter(pk=client.pk).update(backup=None, branch=branches["second"])
    text = pages.tab(door(wealth), f"/clients/{client.pk}/?tab=changes")
    for name in (colleague.name, wealth.name, branches["first"].name, branches["second"].name, "李**"):
        assert name in text
    assert "李远远" not in text and not re.search(r"[>\s]#\d", text)


def test_naming_costs_the_same_queries_however_many_there_are(person, wealth, hire, door):
    from rmflow.staff.permissions import Role

    client, browser = person(owner=wealth), door(wealth)
    tab = SimpleNamespace(get=lambda url: pages.tab(browser, url))
    counts = []
    for several in (1, 5):
        for n in range(several):
            Client.objects.filter(pk=client.pk).update(
                backup=hire(f"9{several}{n}", "丙丁", Role.WEALTH_MANAGER),
                introducer=person(f"戊己{several}{n}", phone=""),
            )
        counts.append(queries(tab, f"/clients/{client.pk}/?tab=changes"))
    assert counts[0] == counts[1]


def homes(*clients):
    return [Client.objects.get(pk=client.pk).household_id for client in clients]


def test_a_relative_taken_off_leaves_the_household_and_the_last_one_too(person, wealth):
    client, other, third = (
        person(name, owner=wealth, customer_no=number)
        for name, number in (("陈美华", "C1"), ("王强", "C2"), ("陈小雨", "C3"))
    )
    spouse = archive.put_member(client.pk, by=wealth, relation="spouse", customer_no="C2")
    child = archive.put_member(client.pk, by=wealth, relation="child", customer_no="C3")
    assert len(set(homes(client, other, third))) == 1 and Household.objects.count() == 1
    archive.remove(client.pk, "family", child.pk, by=wealth)
    assert homes(third) == [None] and None not in homes(client, other)
    archive.remove(client.pk, "family", spouse.pk, by=wealth)
    assert homes(client, other, third) == [None] * 3 and not Household.objects.exists()


def test_who_is_a_relative_of_another_member_stays_and_the_one_tied_to_nobody_leaves(person, wealth):
    client, other, third = (
        person(name, owner=wealth, customer_no=number)
        for name, number in (("陈美华", "C1"), ("王强", "C2"), ("陈小雨", "C3"))
    )
    archive.put_member(client.pk, by=wealth, relation="spouse", customer_no="C2")
    row = archive.put_member(third.pk, by=wealth, relation="parent", customer_no="C1")
    archive.remove(third.pk, "family", row.pk, by=wealth)
    assert homes(third) == [None]
    assert homes(client) == homes(other) != [None]


def test_the_family_tab_shows_the_household_and_the_client_leaves_it(person, wealth, other_wealth, door):
    client, other = person(owner=wealth), person("王强强", owner=wealth, customer_no="C2")
    away = person("李远远", "second", owner=other_wealth, customer_no="C9")
    archive.put_member(client.pk, by=wealth, relation="spouse", customer_no="C2")
    Client.objects.filter(pk=away.pk).update(household=homes(client)[0])
    browser = door(wealth)
    text = pages.tab(browser, f"/clients/{client.pk}/?tab=family")
    assert f'<a href="/clients/{other.pk}/">王强强</a>' in text and "1 more outside" in text
    assert "李远远" not in text and f"/clients/{away.pk}/" not in text
    left = browser.post(f"/clients/{client.pk}/part/family/", {"leave": "1"}, headers=HTMX)
    assert left.status_code == 200 and "outside" not in left.content.decode()
    assert homes(client) == [None] and None not in homes(other, away)
    assert client.timeline.filter(data={"fields": ["household"]}).count() == 1
    assert "Household" in pages.tab(browser, f"/clients/{client.pk}/?tab=changes")
    with pytest.raises(Conflict):
        archive.leave_household(client.pk, by=wealth)


def test_a_relative_changed_in_other_ways_does_not_join_again(person, wealth):
    client = person(owner=wealth)
    person("王强", owner=wealth, customer_no="C2")
    row = archive.put_member(client.pk, by=wealth, relation="spouse", customer_no="C2")
    archive.leave_household(client.pk, by=wealth)
    archive.put_member(client.pk, by=wealth, pk=row.pk, relation="sibling")
    assert homes(client) == [None]


@time_machine.travel("2026-10-08 10:00+08:00", tick=False)
def test_a_child_is_kept_with_the_guardian_s_consent_only(person, wealth, notice):
    client = person(owner=wealth)
    child = {"relation": "child", "name": "陈小雨", "birth_date": day("2015-03-04")}
    with pytest.raises(Refused) as refused:
        archive.put_member(client.pk, by=wealth, **child)
    assert "guardian" in refused.value.errors and not FamilyMember.objects.exists()
    archive.put_member(client.pk, by=wealth, guardian=True, **child)
    consent = Consent.objects.get()
    assert (consent.purpose, consent.basis, consent.guardian) == ("family", "guardian_consent", "陈美华")
    archive.put_member(client.pk, by=wealth, **{**child, "name": "陈小雪"})  # the consent stands


def test_withdrawing_the_consent_to_marketing_leaves_the_client_in_peace(person, wealth, notice):
    client = person(owner=wealth)
    row = archive.give_consent(client.pk, by=wealth, purpose="marketing", basis="consent")
    assert row.version == notice.version
    with pytest.raises(Refused):
        archive.give_consent(client.pk, by=wealth, purpose="marketing", basis="consent")
    archive.withdraw_consent(client.pk, row.pk, by=wealth)
    with pytest.raises(Conflict):
        archive.withdraw_consent(client.pk, row.pk, by=wealth)
    client.refresh_from_db()
    assert client.do_not_contact
    archive.give_consent(client.pk, by=wealth, purpose="marketing", basis="written_consent")
    client.refresh_from_db()
    assert not client.do_not_contact
    assert Consent.objects.count() == 2


def test_a_wish_of_a_way_is_one(person, wealth):
    client = person(owner=wealth)
    archive.put_wish(client.pk, by=wealth, channel="phone", wanted=False)
    archive.put_wish(client.pk, by=wealth, channel="phone", wanted=True, hours="evening")
    assert ContactWish.objects.get().wanted


@time_machine.travel("2026-10-08 10:00+08:00", tick=False)
def test_days_and_events_are_added_and_taken_off(person, wealth):
    client = person(owner=wealth)
    row = archive.put_date(client.pk, by=wealth, kind="wedding", month=12, day=30, lunar=True)
    archive.put_date(client.pk, by=wealth, pk=row.pk, day=29)
    assert ImportantDate.objects.get().day == 29
    with pytest.raises(Refused):
        archive.put_life_event(client.pk, by=wealth, kind="job", on=day("2026-10-09"))
    event = archive.put_life_event(client.pk, by=wealth, kind="job", on=TODAY, note="升任总经理")
    archive.remove(client.pk, "life_events", event.pk, by=wealth)
    assert not LifeEvent.objects.exists()
    with pytest.raises(Conflict):
        archive.remove(client.pk, "life_events", event.pk, by=wealth)
    other = person("王强", owner=wealth)
    with pytest.raises(Conflict):
        archive.remove(other.pk, "dates", row.pk, by=wealth)


# -- the page --------------------------------------------------------------------------------------------


@pytest.fixture
def furnished(person, wealth):
    """A client of `wealth` with something in every part; written on 8 October 2026."""
    with time_machine.travel("2026-10-08 10:00+08:00", tick=False):
        client = person(owner=wealth, birth_date=day("1974-10-20"), salutation="madam", customer_no="C1")
        archive.change_profile(
            client.pk,
            by=wealth,
            wants="女儿明年八月留学",
            cares_most=["promptness"],
            preferences=["fund"],
            family_income="400000",
            email="chen@example.cn",
            other_bank_assets="200000",
            is_lunar_birthday=True,
        )
        archive.put_member(
            client.pk, by=wealth, relation="child", name="陈小雨", birth_date=day("2004-11-03")
        )
        archive.put_date(client.pk, by=wealth, kind="wedding", month=10, day=18)
        archive.put_wish(client.pk, by=wealth, channel="phone", wanted=False)
        archive.give_consent(client.pk, by=wealth, purpose="service", basis="consent")
        product = Product.objects.get(code="CK0301")
        Holding.objects.create(
            client=client,
            product=product,
            contract_no="6222000012345678",
            amount="500000",
            opened_on=day("2025-10-12"),
            matures_on=day("2026-10-12"),
        )
        MonthlyBalance.objects.create(
            client=client, month=day("2026-09-01"), amount="800000", point_amount="810000", fee_income="120"
        )
        yield client


def test_needs_stand_first_with_their_days(door, furnished, wealth):
    text = page(door(wealth), f"/clients/{furnished.pk}/")
    for words in (
        "女儿明年八月留学",
        "整存整取定期存款（一年） falls due",
        "Prompt answers",
        "likes it, does not hold it yet",
        "Wedding anniversary",
        "500,000.00",
        "Ask next time",
        "Not by: Phone call",
    ):
        assert words in text, words
    assert text.index('id="needs"') < text.index('id="timeline"')


def test_others_read_bands_masks_and_no_personal_days(door, furnished, wealth, head, lobby):
    for user in (head, lobby):
        browser = door(user)
        text = "".join(
            page(browser, f"/clients/{furnished.pk}/?tab={tab}") for tab in ("", "basic", "family")
        )
        for secret in ("陈小雨", "chen@example.cn", "500,000", "400,000", "2004-11-03", "10-18"):
            assert secret not in text, secret
        assert "陈**" in text
    assert "陈小雨" in page(door(wealth), f"/clients/{furnished.pk}/?tab=family")


def test_the_account_tab_adds_up(door, furnished, wealth):
    text = page(door(wealth), f"/clients/{furnished.pk}/?tab=account")
    for words in ("800,000.00 yuan", "810,000.00 yuan", "500,000.00 yuan", "80%", "*5678"):
        assert words in text, words
    assert "6222000012345678" not in text


@pytest.mark.parametrize("tab", ["basic", "buying", "account", "needs", "family", "consents", "changes"])
def test_a_page_opens_at_its_tab_and_asks_for_it(door, furnished, wealth, tab):
    browser, url = door(wealth), f"/clients/{furnished.pk}/?tab={tab}"
    whole, fragment = browser.get(url).content.decode(), pages.tab(browser, url)
    assert fragment.startswith('<div id="client-tab"')
    assert "<html" not in fragment
    assert html.unescape(pages.FOLLOWS.search(whole)[1]) == url
    bars = [re.search(r'<nav class="sheet tabs.*?</nav>', text, re.S)[0] for text in (whole, fragment)]
    assert bars[0] == bars[1]
    assert f'id="tab-{tab}"' in bars[0]


@pytest.mark.parametrize(
    ("part", "data", "says"),
    [
        ("basic", {"name": "陈美华", "employer": "山城电子", "hobbies": ["tea", "travel"]}, "山城电子"),
        ("buying", {"activity": "high", "habits": ["mobile"]}, "Buys on the phone"),
        ("account", {"other_bank_assets": "300000", "other_bank": "邻行"}, "邻行"),
        ("needs", {"wants": "换房", "cares_most": ["safety"]}, "换房"),
        ("family", {"relation": "spouse", "name": "王强"}, "王强"),
        ("dates", {"kind": "other", "month": "8", "day": "15", "lunar": "on", "label": "团圆"}, "团圆"),
        ("life", {"kind": "house", "on": "2026-01-02", "note": "换房"}, "换房"),
        ("consents", {"purpose": "marketing", "basis": "consent"}, "in force"),
        ("wishes", {"channel": "sms", "wanted": "True"}, "Welcome this way"),
        ("admin", {"secrecy": "managers"}, "Manager, backup, head and supervisor only"),
    ],
)
def test_each_part_turns_into_its_form_and_back(door, person, wealth, notice, part, data, says):
    client, browser = person(owner=wealth), door(wealth)
    url = f"/clients/{client.pk}/part/{part}/"
    form = page(browser, f"{url}?form", headers=HTMX)
    assert f'hx-target="#part-{part}"' in form and "<html" not in form
    assert "<html" in page(browser, f"{url}?form")
    answer = browser.post(url, data, headers=HTMX).content.decode()
    assert f'id="part-{part}"' in answer
    assert says in answer
    assert 'id="client-complete" hx-swap-oob="true"' in answer
    assert browser.post(url, data | {"label": "x"}).status_code in (303, 422)


def test_an_empty_masked_field_keeps_what_is_on_record(door, furnished, wealth):
    browser = door(wealth)
    form = page(browser, f"/clients/{furnished.pk}/part/basic/?form", headers=HTMX)
    assert "chen@example.cn" not in form
    browser.post(f"/clients/{furnished.pk}/part/basic/", {"name": "陈美华", "email": ""}, headers=HTMX)
    assert Profile.objects.get().email == "chen@example.cn"


def test_lines_are_changed_and_removed_where_they_stand(door, furnished, wealth, colleague):
    browser, row = door(wealth), FamilyMember.objects.get()
    url = f"/clients/{furnished.pk}/part/family/?row={row.pk}"
    assert "陈小雨" in page(browser, f"{url}&form", headers=HTMX)
    browser.post(url, {"relation": "child", "name": "陈小雪"}, headers=HTMX)
    row.refresh_from_db()
    assert row.name == "陈小雪"
    assert door(colleague).post(url, {"remove": "1"}).status_code == 403
    assert "陈小雪" not in browser.post(url, {"remove": "1"}, headers=HTMX).content.decode()
    assert not FamilyMember.objects.exists()
    assert browser.post(url, {"remove": "1"}, headers=HTMX).status_code == 404


def test_masked_fields_of_the_profile_are_shown_for_a_purpose(door, furnished, wealth):
    browser, url = door(wealth), f"/clients/{furnished.pk}/reveal/?field=email"
    assert "chen@example.cn" not in page(browser, f"/clients/{furnished.pk}/?tab=basic")
    assert "c***@example.cn" in page(browser, f"/clients/{furnished.pk}/?tab=basic")
    assert "chen@example.cn" in browser.post(url, {"purpose": "contact"}, headers=HTMX).content.decode()
    event = AccessEvent.objects.get(kind="reveal")
    assert (event.object_type, event.object_id, event.fields) == ("clients.profile", furnished.pk, ["email"])


def test_a_close_archive_is_read_by_its_managers_only(door, furnished, wealth, head, lobby, colleague):
    archive.change_profile(furnished.pk, by=wealth, secrecy="managers")
    for user, reads in ((wealth, True), (head, True), (lobby, False), (colleague, False)):
        browser = door(user)
        text = page(browser, f"/clients/{furnished.pk}/?tab=needs")
        assert ("Prompt answers" in text) is reads, user
        assert ("女儿明年" in page(browser, f"/clients/{furnished.pk}/")) is reads
        assert browser.get(f"/clients/{furnished.pk}/print/").status_code == (200 if reads else 403)
        assert browser.get(f"/clients/{furnished.pk}/part/needs/").status_code == (302 if reads else 403)
        assert browser.get(f"/api/v1/clients/{furnished.pk}/profile/").status_code == (200 if reads else 403)


def test_the_history_says_who_when_and_from_what_to_what(door, furnished, wealth, head):
    archive.change_profile(
        furnished.pk, by=wealth, email="new@example.cn", job_class="leader", hobbies=["tea"]
    )
    text = page(door(wealth), f"/clients/{furnished.pk}/?tab=changes")
    for words in (
        "林晓燕",
        "Class of occupation",
        "Owner, executive or professional",
        "Tea",
        "c***@example.cn",
    ):
        assert words in text, words
    for user in (wealth, head):
        text = page(door(user), f"/clients/{furnished.pk}/?tab=changes")
        assert "new@example.cn" not in text
        assert "13812345678" not in text
    assert "陈小雨" not in text
    assert "400,000" not in text


#: domain-rules §1.5, group by group, in the order of the paper.
FORM = (
    *("Name", "Sex", "Date of birth", "Age", "Kind of ID", "ID number", "Nationality", "Marital status"),
    *("Occupation", "Employer", "Job title", "Education", "Phone", "Landline", "E-mail", "WeChat"),
    *("District", "Address", "Mailing address", "Likes to be reached at", "Likes to be reached by"),
    *("Family members", "Family income a year", "Hobbies", "Important dates", "Introduced by"),
    *("Activity", "Price sensitivity", "Risk tolerance", "Assessed on", "Valid until", "Prefers", "Habits"),
    *("Investment experience", "Monthly average", "At the end of the month", "Demand deposits"),
    *("Term deposits", "Wealth product", "Fund", "Insurance", "Treasury bond", "Precious metal"),
    *("Third-party custody", "Loans", "Services", "Kinds of product held", "Assets at other banks"),
    *("Share of wallet", "Wants next", "Cares most for", "Cares least for", "Customer number", "File number"),
    *("Type of client", "Core or regular", "Score and day of the evaluation", "Tier", "Manager"),
    *("Backup manager", "File opened by", "Last changed", "Notice and basis", "Consents"),
    *("Not to be contacted for sales", "Secrecy"),
)
#: What the house adds to the paper.
ADDED = {"Birthday kept", "Class of occupation", "Heads an association or committee", "Completeness"}


def test_the_printed_form_has_the_columns_of_the_form_in_order_and_is_logged(door, furnished, wealth):
    text = page(door(wealth), f"/clients/{furnished.pk}/print/")
    printed = re.findall(r'<th scope="row">([^<]*)</th>', text)
    assert tuple(label for label in printed if label not in ADDED) == FORM
    assert "13812345678" not in text
    event = AccessEvent.objects.get(kind="print")
    assert (event.user, event.object_id) == (wealth, furnished.pk)


def test_the_archive_over_the_api_is_masked_and_logged(door, furnished, wealth, head):
    body = door(wealth).get(f"/api/v1/clients/{furnished.pk}/profile/").json()
    assert body["completeness"] > 20
    assert len(body["ask_next"]) == 3
    lines = {line["label"]: line["value"] for line in body["basic"]}
    assert lines["Phone"] == "138****5678"
    assert "chen@example.cn" not in str(body)
    assert "400,000" not in str(door(head).get(f"/api/v1/clients/{furnished.pk}/profile/").json())
    assert AccessEvent.objects.filter(kind="view", fields=["profile"]).count() == 2


# -- products --------------------------------------------------------------------------------------------


def test_everybody_reads_the_catalogue_and_the_administrator_keeps_it(door, wealth, admin_user):
    text = page(door(wealth), "/clients/products/?kind=fund")
    assert "货币市场基金（R1）" in text
    assert "整存整取" not in text.split('id="products"')[1].split("<tbody")[1]
    browser = door(admin_user)
    data = {"code": "JJ0999", "name": "稳健混合基金", "category": "fund", "risk": "R3", "active": "on"}
    other = Product.objects.get(code="JJ0001")
    assert browser.post("/clients/products/new/", {**data, "related": [other.pk]}).status_code == 303
    made = Product.objects.get(code="JJ0999")
    assert list(made.related.all()) == [other]
    url = f"/clients/products/{made.pk}/"
    assert browser.post(url, {**data, "code": "X", "is_mortgage": "on"}).status_code == 422
    assert browser.post(url, {**data, "code": "X", "active": ""}).status_code == 303
    made.refresh_from_db()
    assert (made.code, made.active) == ("JJ0999", False)
    assert "稳健混合基金" not in page(browser, "/clients/products/")
    assert "稳健混合基金" in page(browser, "/clients/products/?old=1")


def test_the_page_costs_the_same_whatever_the_history(door, furnished, wealth, colleague):
    browser = door(wealth)
    urls = [f"/clients/{furnished.pk}/?tab={tab}" for tab in TABS]
    before = [queries(browser, url) for url in urls]
    product = Product.objects.get(code="LC2180")
    Holding.objects.bulk_create(
        Holding(client=furnished, product=product, contract_no=f"{n}", amount=n, opened_on=TODAY)
        for n in range(60)
    )
    for number in range(20):
        archive.change_profile(furnished.pk, by=(wealth, wealth)[number % 2], wants=f"需求{number}")
        archive.put_member(furnished.pk, by=wealth, relation="other", name=f"王{number}")
        archive.put_date(furnished.pk, by=wealth, kind="other", month=1 + number % 12, day=3)
        actions.note(furnished, TimelineKind.CONTACT, by=colleague, data={"result": "interested"})
    assert [queries(browser, url) for url in urls] == before
    assert dict(zip(TABS, before, strict=True))["overview"] <= 15
    assert max(before) <= 20
