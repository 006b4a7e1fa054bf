"""Made anonymous: nothing of the person is left in any table, and no figure changes (B-13, PIPL 47)."""

import datetime
import io

import pytest
from django.apps import apps
from django.db import connection

from clients import actions, erasing
from clients.actions import archive as archive_actions
from clients.actions import erasing as erase_actions
from clients.actions import holds, retention
from clients.models import Client, FamilyMember, Household, RetentionRule, TimelineEntry
from followups.actions import records as follow_up_actions
from followups.models import FollowUp, PlanItem
from referrals.models import Referral
from referrals.rules import End
from rmflow.notices.models import Notice
from rmflow.privacy import crypto, rotation
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock
from rmflow.workdays.models import FreezePass
from tests.privacy.canary import CANARY
from tests.referrals.closing import day_of, locked

pytestmark = pytest.mark.django_db

#: A word that stands in every free text of the story and nowhere else.
TELLTALE = "鸢尾花"
HALF_A_YEAR = datetime.timedelta(days=181)


@pytest.fixture
def story(filed, lobby, wealth, branches):
    """A person through every door: handed out a card, followed up, given up; the day is locked."""
    slip = filed(
        name=CANARY.name,
        end=End.CARD,
        phone=CANARY.phone,
        basis="consent",
        agreed_on=clock.today(),
        note=TELLTALE,
    )
    client = slip.client
    record = FollowUp.objects.get(client=client)
    follow_up_actions.change_analysis(
        record.pk, by=wealth, strength=TELLTALE, character=TELLTALE, needs=TELLTALE
    )
    actions.change(client.pk, by=wealth, address=CANARY.address) if client.owner_id else None
    archive_actions_of(client, wealth)
    follow_up_actions.abandon(record.pk, by=wealth, reason=TELLTALE)
    locked(day_of(branches["first"]), lobby=lobby, managers=[wealth])
    client.refresh_from_db()
    return client


def archive_actions_of(client, wealth):
    """Profile, family, days and events of the person, then nobody's client again."""
    Client.objects.filter(pk=client.pk).update(owner=wealth)
    pk = client.pk
    actions.change_identity(pk, by=wealth, kind="", number=CANARY.id_number)
    actions.change(pk, by=wealth, address=CANARY.address, occupation=TELLTALE)
    archive_actions.change_profile(
        pk, by=wealth, wants=TELLTALE, email=f"{TELLTALE}@x.cn", other_bank=TELLTALE
    )
    archive_actions.put_member(pk, by=wealth, relation="spouse", name=TELLTALE)
    archive_actions.put_date(pk, by=wealth, kind="other", month=1, day=2, label=TELLTALE)
    archive_actions.put_life_event(pk, by=wealth, kind="house", on=clock.today(), note=TELLTALE)
    archive_actions.put_wish(pk, by=wealth, channel="phone", wanted=False, note=TELLTALE)
    archive_actions.give_consent(pk, by=wealth, purpose="marketing", basis="consent")


def dump():
    """(table, its rows as COPY writes them) of the whole database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            out = io.BytesIO()
            cursor.copy_expert(f'COPY "{table}" TO STDOUT', out)
            yield table, out.getvalue().decode()


def opened():
    """(table, text) of every encrypted value there is."""
    with connection.cursor() as cursor:
        for table in rotation.tables():
            for column, context in table.columns.items():
                cursor.execute(f'SELECT "{column}" FROM "{table.name}" WHERE "{column}" <> \'\'')
                for (token,) in cursor.fetchall():
                    yield table.name, crypto.decrypt(token, context)


def left():
    """Tables that still hold a word of the person."""
    words = (TELLTALE, CANARY.name, CANARY.phone, CANARY.id_number, CANARY.address)
    return {table for table, text in [*dump(), *opened()] if any(word in text for word in words)}


def figures():
    """Everything the statistics are made from, as counts; and each count of rows with a note."""
    with connection.cursor() as cursor:
        found = {}
        for name, sql in {
            "slips": "SELECT day_id, referrer_id, status, reception, check_result, count(*), count(*) FILTER"
            " (WHERE note <> '') FROM referrals_referral GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5",
            "steps": "SELECT name, state_from, state_to, count(*) FROM referrals_referralevent GROUP BY 1, 2, 3",
            "records": "SELECT manager_id, status, count(*) FROM followups_followup GROUP BY 1, 2",
            "plans": "SELECT kind, state, count(*) FROM followups_planitem GROUP BY 1, 2 ORDER BY 1, 2",
            "contacts": "SELECT channel, result, count(*) FROM followups_contact GROUP BY 1, 2",
            "types": "SELECT branch_id, type, level, tier, count(*) FROM clients_client GROUP BY 1, 2, 3, 4",
            "verdicts": "SELECT type, count(*) FROM clients_verdict GROUP BY 1",
            "money": "SELECT count(*), sum(amount) FROM clients_monthlybalance",
            "holdings": "SELECT product_id, count(*), sum(amount) FROM clients_holding GROUP BY 1",
            "entries": "SELECT kind, count(*) FROM clients_timelineentry WHERE kind <> 'erased' GROUP BY 1",
        }.items():
            cursor.execute(sql)
            found[name] = sorted(cursor.fetchall(), key=str)
    return found


def test_the_story_stands_everywhere_before(story):
    assert {
        "clients_client",
        "clients_clienthistory",
        "clients_profile",
        "clients_familymember",
        "referrals_referral",
        "followups_followup",
        "followups_followupevent",
    } <= left()


def test_nothing_of_the_person_is_left_in_any_table(story):
    assert erase_actions.erase([story.pk], why="request") == 1
    assert left() == set()
    client = Client.objects.get(pk=story.pk)
    assert (client.birth_date, client.customer_no, client.id_hash, client.phone_tail) == (None, None, "", "")
    assert client.do_not_contact
    assert FreezePass.objects.filter(name="anonymise").exists()
    assert AccessEvent.objects.get(kind="erase").object_id == story.pk
    assert client.timeline.filter(kind="erased").count() == 1


def test_every_figure_is_the_same_before_and_after(story):
    before = figures()
    erase_actions.erase([story.pk], why="request")
    assert figures() == before


def test_somebody_else_keeps_everything(story, person, wealth):
    other = person("王芳", phone="13900001111", owner=wealth, address="人民路 1 号")
    FamilyMember.objects.create(client=other, relation="spouse", name="王先生")
    actions.note(other, "contact", by=wealth, text="再考虑")
    entries = list(TimelineEntry.objects.filter(client=other).values())
    erase_actions.erase([story.pk], why="request")
    other.refresh_from_db()
    assert (other.name, other.phone, other.address, other.erased_at) == (
        "王芳",
        "13900001111",
        "人民路 1 号",
        None,
    )
    assert other.family.get().name == "王先生"
    assert list(TimelineEntry.objects.filter(client=other).values()) == entries


def test_a_relative_s_link_goes_and_the_relative_stays(story, person, wealth):
    other = person("王芳", phone="13900001111", owner=wealth)
    FamilyMember.objects.create(client=other, relation="spouse", name="某", person=story)
    Client.objects.filter(pk=story.pk).update(
        household=Household.objects.create(name="某家", branch=other.branch)
    )
    erase_actions.erase([story.pk], why="request")
    assert other.family.get().person_id is None
    assert Client.objects.get(pk=story.pk).household_id is None


def test_news_about_the_person_goes_with_what_waits_to_be_sent(story):
    assert Notice.objects.filter(key__startswith="referral:").exists()
    erase_actions.erase([story.pk], why="request")
    assert not Notice.objects.filter(key__startswith="referral:").exists()


def test_a_second_run_changes_nothing(story):
    erase_actions.erase([story.pk], why="request")
    at = Client.objects.get(pk=story.pk).erased_at
    assert erase_actions.erase([story.pk], why="request") == 0
    assert Client.objects.get(pk=story.pk).erased_at == at


def test_every_table_about_a_person_is_walked():
    """A table of any app that leads to a client is reached, its history too."""
    reached = set(erasing._reached())
    for model in apps.get_models(include_auto_created=True):
        keys = [f for f in model._meta.concrete_fields if f.is_relation and f.related_model is Client]
        if keys and model._meta.managed:
            assert model in reached, model


# -- those who never became clients ----------------------------------------------------------------------


@pytest.fixture
def in_half_a_year(monkeypatch):
    """The day after the set days."""
    return clock.today() + HALF_A_YEAR


def due(branches, day):
    return set(retention.never_clients(branches["first"].pk, today=day).values_list("pk", flat=True))


def test_who_never_became_a_client_is_made_anonymous_after_the_days(story, branches, in_half_a_year):
    before = figures()
    Client.objects.filter(pk=story.pk).update(owner=None)
    assert due(branches, clock.today() + datetime.timedelta(days=179)) == set()
    assert retention.anonymise(branches["first"].pk, today=in_half_a_year) == 1
    assert retention.anonymise(branches["first"].pk, today=in_half_a_year) == 0
    assert left() == set()
    assert figures() == before


def test_the_days_are_the_bank_s_to_set(story, branches):
    RetentionRule.objects.filter(record="prospect").update(days=30)
    assert due(branches, clock.today() + datetime.timedelta(days=31)) == {story.pk}


def test_clients_held_ones_and_those_at_work_stay(story, branches, in_half_a_year, person, wealth, filed):
    customer = person("客户", phone="", customer_no="C9")
    archived = person("建档", phone="", owner=wealth)
    actions.open_archive(archived, by=wealth)
    held = person("冻结", phone="")
    holds.place_hold(held.pk, kind="complaint", source_key="complaint:1", reason="投诉")
    at_work = filed(name="在办", client_id=None).client
    existing = person("潜力", phone="", type="existing_potential")
    idle = person("闲置", phone="")
    planned = person("计划", phone="")
    PlanItem.objects.create(
        owner=wealth,
        branch=branches["first"],
        client=planned,
        kind="contact",
        plan_on=clock.today(),
        source_key="x",
    )
    found = due(branches, in_half_a_year)
    assert {story.pk, idle.pk} <= found
    assert not found & {customer.pk, archived.pk, held.pk, at_work.pk, existing.pk, planned.pk}


def test_the_other_branch_is_not_touched(person, branches, in_half_a_year):
    other = person("别处", "second", phone="")
    assert retention.anonymise(branches["first"].pk, today=in_half_a_year) == 0
    assert Client.objects.get(pk=other.pk).erased_at is None


def test_a_filed_slip_starts_the_days_anew(story, branches, filed, in_half_a_year):
    slip = Referral.objects.get(client=story)
    TimelineEntry.objects.filter(client=story).update(at=slip.filed_at - datetime.timedelta(days=400))
    Client.objects.filter(pk=story.pk).update(created_at=slip.filed_at - datetime.timedelta(days=400))
    assert due(branches, clock.today()) == {story.pk}
    TimelineEntry.objects.create(client=story, kind="contact")
    assert due(branches, clock.today()) == set()


def test_neither_the_erased_nor_the_restricted_are_in_a_segment(story, person, wealth, branches):
    from clients.segments.query import matching

    kept = person("王芳", phone="", owner=wealth, type="ordinary")
    quiet = {"do_not_contact": True, "no_profiling": True, "restricted_at": clock.now()}
    person("李强", phone="", owner=wealth, type="ordinary", **quiet)
    Client.objects.filter(pk=story.pk).update(type="ordinary")
    erase_actions.erase([story.pk], why="request")
    asked = {"field": "type", "op": "any_of", "values": ["ordinary"]}
    definition = {"match": "all", "groups": [{"match": "all", "conditions": [asked]}]}
    assert list(matching(definition, wealth)) == [kept]
