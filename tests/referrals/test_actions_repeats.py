"""The repeat warning: every cause, one wording, capped, logged, overruled with a reason (W1-07)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from clients import actions as clients
from clients.models import Client, Verdict
from clients.rules import ORDINARY_SUPPRESSES_DAYS
from referrals import actions, tasks
from referrals.actions.repeats import look, persons
from referrals.models import Referral, RepeatCheck, RepeatKey
from referrals.rules import REPEAT_CHECKS_A_DAY, Card
from rmflow.privacy.blind import blind_index
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock
from rmflow.workflow import Refused

pytestmark = pytest.mark.django_db

PHONE = "13800005678"
KNOWN = {"phone": PHONE, "basis": "consent"}


@pytest.fixture
def someone(other_lobby, branches, notice):
    """A person with that phone, registered at the other branch; nothing else known."""
    return clients.register(
        by=other_lobby, branch=branches["second"], name="刘建华", phone=PHONE, basis="consent"
    )


def owned(person, other_wealth, **_):
    clients.set_owner(person, owner=other_wealth, by=other_wealth)


def followed_up(person, other_wealth, branches, **_):
    from followups.actions import open_record

    open_record(person, other_wealth, by=other_wealth, branch=branches["second"], source_key="x")


def judged_ordinary(person, other_wealth, branches, **_):
    clients.decide(person, by=other_wealth, type="ordinary", branch=branches["second"])


def referred(person, other_lobby, other_wealth, card, **_):
    actions.file(card(name="刘", client_id=person.pk, manager_id=other_wealth.pk), by=other_lobby)


CAUSES = [owned, followed_up, judged_ordinary, referred]


@pytest.fixture
def cause(request, someone, other_lobby, other_wealth, branches, card):
    request.param(someone, other_wealth=other_wealth, other_lobby=other_lobby, branches=branches, card=card)
    return someone


@pytest.mark.parametrize("cause", CAUSES, indirect=True)
def test_each_cause_warns_by_phone_across_the_bank_in_the_same_words(cause, filed, lobby):
    assert look(by=lobby, phone=PHONE)
    before = Referral.objects.count()
    with pytest.raises(Refused) as caught:
        filed(**KNOWN)
    assert (caught.value.code, caught.value.field) == ("repeat", "repeat_reason")
    assert str(caught.value) == words()
    assert "建华" not in str(caught.value)
    assert Referral.objects.count() == before


def words():
    from django.utils.translation import gettext

    return gettext("May already be looked after or referred lately; say why it is referred again.")


@pytest.mark.parametrize("cause", CAUSES, indirect=True)
def test_a_reason_overrules_the_warning_and_is_kept(cause, filed):
    with pytest.raises(Refused):
        filed(**KNOWN, repeat_reason="   ")
    slip = filed(**KNOWN, repeat_reason="客户主动要求")
    assert slip.repeat_reason == "客户主动要求"
    assert slip.client == cause  # found by phone and surname, not doubled
    assert Client.objects.count() == 1


def test_a_person_known_by_phone_alone_is_no_repeat(someone, filed, lobby):
    assert not look(by=lobby, phone=PHONE)
    assert filed(**KNOWN).client == someone


def test_a_family_that_shares_a_phone_is_warned_and_kept_apart(someone, other_wealth, filed):
    owned(someone, other_wealth)
    with pytest.raises(Refused):
        filed(name="王", **KNOWN)
    slip = filed(name="王", repeat_reason="家属", **KNOWN)
    assert slip.client != someone


def test_what_is_long_ago_warns_nobody(someone, other_wealth, branches, other_lobby, card, lobby, filed):
    judged_ordinary(someone, other_wealth, branches)
    referred(someone, other_lobby, other_wealth, card) if not look(by=lobby, phone=PHONE) else None
    long_ago = clock.now() - datetime.timedelta(days=ORDINARY_SUPPRESSES_DAYS, minutes=1)
    Verdict.objects.update(at=long_ago)
    assert not look(by=lobby, phone=PHONE)
    slip = filed(**KNOWN)
    assert look(by=lobby, phone=PHONE)
    Referral.objects.filter(pk=slip.pk).update(filed_at=long_ago)
    assert not look(by=lobby, phone=PHONE)


def test_a_withdrawn_slip_is_no_repeat(filed, lobby, notice):
    slip = filed(**KNOWN)
    assert look(by=lobby, phone=PHONE)
    actions.withdraw(slip.pk, by=lobby, reason="x")
    assert not look(by=lobby, phone=PHONE)


def test_a_closed_record_is_no_repeat(someone, other_wealth, branches, lobby):
    from followups.actions import abandon
    from followups.models import FollowUp

    followed_up(someone, other_wealth, branches)
    abandon(FollowUp.objects.get().pk, by=other_wealth, reason="x")
    assert not look(by=lobby, phone=PHONE)


ID, ANOTHER = "520103198811172379", "110101199003070038"


@pytest.fixture
def with_id(someone):
    someone.put_id_number("resident", ID)
    someone.save()
    return someone


@pytest.mark.parametrize("cause", CAUSES, indirect=True)
def test_each_cause_warns_by_id_alone_in_the_same_words_and_finds_nobody(cause, with_id, filed, lobby):
    with_id.refresh_from_db()
    assert look(by=lobby, id_number=ID)
    before = Referral.objects.count()
    with pytest.raises(Refused) as caught:
        filed(id_number=ID)
    assert (caught.value.code, caught.value.field) == ("repeat", "repeat_reason")
    assert str(caught.value) == words()
    assert Referral.objects.count() == before
    assert filed(id_number=ID, repeat_reason="客户主动要求").client != cause


def test_who_was_referred_with_an_id_alone_is_known_by_it_and_the_number_is_kept_nowhere(filed, lobby):
    slip = filed(id_number=ID)
    slip.client.refresh_from_db()
    assert (slip.client.id_number, slip.client.id_hash, slip.client.notice_basis) == ("", "", "")
    assert look(by=lobby, id_number=ID)
    with pytest.raises(Refused) as caught:
        filed(id_number=ID)
    assert caught.value.code == "repeat"
    actions.withdraw(slip.pk, by=lobby, reason="x")
    assert filed(id_number=ID).pk


def test_an_id_typed_beside_a_known_phone_is_known_by_itself_afterwards(someone, filed, lobby):
    assert filed(**KNOWN, id_number=ID).client == someone
    with pytest.raises(Refused):
        filed(id_number=ID)


def test_digests_are_forgotten_when_no_warning_looks_back_to_them(filed, lobby):
    filed(id_number=ID)
    filed(id_number=ANOTHER)
    old = clock.now() - datetime.timedelta(days=ORDINARY_SUPPRESSES_DAYS, minutes=1)
    RepeatKey.objects.filter(id_hash=blind_index("id", ID)).update(at=old)
    assert not look(by=lobby, id_number=ID)
    assert tasks.forget_keys() == {"keys": 1}
    assert look(by=lobby, id_number=ANOTHER)


def test_the_same_numbers_within_ten_minutes_are_one_look(someone, other_wealth, filed, lobby):
    owned(someone, other_wealth)
    assert look(by=lobby, phone=PHONE) and look(by=lobby, phone=PHONE)
    with pytest.raises(Refused):
        actions.file_once(
            Card(end="priority_counter", cues=["vip_card"], **KNOWN), by=lobby, key="k", body={}
        )
    filed(**KNOWN, repeat_reason="客户主动要求")
    assert RepeatCheck.objects.filter(by=lobby).count() == 1
    look(by=lobby, phone=PHONE, id_number=ID)
    assert RepeatCheck.objects.filter(by=lobby).count() == 2


def test_a_warning_overruled_beforehand_is_counted_and_on_record(someone, other_wealth, filed, lobby):
    owned(someone, other_wealth)
    filed(**KNOWN, repeat_reason="客户主动要求")
    assert RepeatCheck.objects.get().warned
    assert AccessEvent.objects.filter(kind="repeat_check", user=lobby).count() == 1


def test_past_the_days_cap_a_number_needs_a_reason_and_finds_nobody(someone, lobby, filed):
    RepeatCheck.objects.bulk_create(RepeatCheck(by=lobby, warned=False) for _n in range(REPEAT_CHECKS_A_DAY))
    for numbers in ({"id_number": ID}, KNOWN):
        with pytest.raises(Refused) as caught:
            filed(**numbers)
        assert caught.value.code == "repeat"
    assert filed(**KNOWN, repeat_reason="x").client != someone


def test_past_the_days_cap_trying_again_answers_nothing_either(lobby, filed):
    RepeatCheck.objects.bulk_create(RepeatCheck(by=lobby, warned=False) for _n in range(REPEAT_CHECKS_A_DAY))
    for _again in range(2):
        with pytest.raises(Refused) as caught:
            actions.file_once(
                Card(end="priority_counter", cues=["vip_card"], phone="13900001234", basis="consent"),
                by=lobby,
                key="again",
                body={},
            )
        assert caught.value.code == "repeat"
        with pytest.raises(Refused) as caught:
            look(by=lobby, phone="13900001234")
        assert caught.value.code == "cap"


def test_the_last_look_of_the_day_still_counts_for_its_card(someone, lobby, filed):
    RepeatCheck.objects.bulk_create(
        RepeatCheck(by=lobby, warned=False) for _n in range(REPEAT_CHECKS_A_DAY - 1)
    )
    assert not look(by=lobby, phone=PHONE)
    assert filed(**KNOWN).client == someone


def test_without_a_notice_known_and_unknown_phones_are_refused_alike(someone, filed, notice):
    type(notice).objects.update(effective_on=datetime.date(2099, 1, 1))
    errors = []
    for phone in (PHONE, "13900001234"):
        with pytest.raises(Refused) as caught:
            filed(phone=phone, basis="consent")
        errors.append(caught.value.errors)
    assert errors[0] == errors[1] and "phone" in errors[0]


def test_an_id_number_and_a_chosen_client_are_looked_up_too(someone, other_wealth, lobby):
    someone.put_id_number("id_card", "520103198811172379")
    someone.save()
    owned(someone, other_wealth)
    assert persons(id_number="520103198811172379") == [someone.pk]
    assert look(by=lobby, id_number="520103198811172379")
    assert look(by=lobby, client_id=someone.pk)


def test_nothing_typed_finds_nobody(someone, lobby):
    assert persons() == []
    assert not look(by=lobby)


def test_each_look_is_counted_and_logged_without_the_number(someone, lobby):
    look(by=lobby, phone=PHONE)
    assert RepeatCheck.objects.get().by == lobby
    event = AccessEvent.objects.get(kind="repeat_check")
    assert (event.user, event.object_id, event.note) == (lobby, None, "")


def test_past_the_days_cap_a_look_is_refused_and_filing_goes_on_with_a_reason(lobby, filed, someone):
    RepeatCheck.objects.bulk_create(
        RepeatCheck(by=lobby, warned=False) for _n in range(REPEAT_CHECKS_A_DAY - 1)
    )
    look(by=lobby, phone=PHONE)
    with pytest.raises(Refused) as caught:
        look(by=lobby, phone="13900001234")
    assert caught.value.code == "cap"
    assert filed(**KNOWN, repeat_reason="客户主动要求").pk
    RepeatCheck.objects.update(at=clock.now() - datetime.timedelta(days=1))
    look(by=lobby, phone=PHONE)  # a new day


def test_only_who_files_may_look(head, archivist, supervisor):
    for person in (head, archivist, supervisor):
        with pytest.raises(PermissionDenied):
            look(by=person, phone=PHONE)
