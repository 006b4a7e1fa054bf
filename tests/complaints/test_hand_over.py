"""What must not get lost when a complaint changes hands: recusals at a merger, a handler while it stands still,
the call-back, a request that nobody decided."""

import pytest

from complaints.actions import complaint_deadline as deadline
from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_reply as replies
from complaints.actions import complaint_work as work
from complaints.models import Complaint, Extension, Recusal
from complaints.stats.complaint import extensions
from complaints.stats.pressing import pressing
from followups.models import PlanItem
from rmflow.notices.models import Notice
from rmflow.portal.glance import counts
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role, scope
from rmflow.workflow import Conflict, Refused

from .conftest import fresh
from .test_work import answered, ready

pytestmark = pytest.mark.django_db


def owners():
    """Who has which complaint on his plan."""
    return {(item.source_key, item.owner.name) for item in PlanItem.objects.open().filter(kind="complaint")}


class TestMerge:
    def test_whoever_is_named_in_the_later_one_keeps_out_of_the_earlier_one(
        self, friday, made, taken, teller, lobby, wealth, head
    ):
        hand.assign(made.pk, by=head, handler_id=wealth.pk)
        repeat = taken(by=teller, named=[wealth.pk])
        work.merge(repeat.pk, by=lobby, into_id=made.pk)
        assert fresh(made).handler == lobby
        assert not Complaint.objects.visible_to(wealth).exists()
        assert owners() == {(f"complaint:{made.pk}", lobby.name)}

    def test_merged_with_one_against_the_head_it_goes_above(
        self, friday, made, taken, teller, lobby, head, complaint_office, region_head
    ):
        repeat = taken(by=teller, named=[head.pk])
        work.merge(repeat.pk, by=complaint_office, into_id=made.pk)
        now = fresh(made)
        assert (now.upper, now.handler, now.status) == (True, None, "taken")
        assert not Complaint.objects.visible_to(lobby).exists()
        assert Notice.objects.filter(recipient=region_head, text__contains="another handler").exists()

    def test_an_interest_is_carried_over_and_named_is_more_than_an_interest(
        self, friday, made, taken, teller, lobby, wealth, colleague, complaint_office
    ):
        hand.step_back(made.pk, by=complaint_office, person_id=wealth.pk, note="亲戚")
        repeat = taken(by=teller, named=[wealth.pk])
        hand.step_back(repeat.pk, by=complaint_office, person_id=colleague.pk, note="亲戚")
        work.merge(repeat.pk, by=complaint_office, into_id=made.pk)
        assert set(Recusal.objects.filter(complaint=made).values_list("person__name", "basis")) == {
            (wealth.name, "named"),
            (colleague.name, "interest"),
        }
        assert Recusal.objects.filter(complaint=repeat).count() == 2

    def test_named_after_an_interest_the_line_of_command_keeps_out_for_good(self, made, lobby, wealth, head):
        hand.step_back(made.pk, by=head, person_id=wealth.pk, note="亲戚")
        hand.name_person(made.pk, by=lobby, person_id=wealth.pk)
        assert Recusal.objects.get(complaint=made).basis == "named"


class TestStandingStill:
    @pytest.fixture
    def suspended(self, made, lobby):
        deadline.suspend(made.pk, by=lobby, agency="司法鉴定中心", note="笔迹鉴定")
        return made

    def test_suspended_it_finds_another_handler_and_goes_on(self, suspended, lobby, hire):
        second = hire("100999", "苏颖", Role.LOBBY_MANAGER)
        hand.step_back(suspended.pk, by=lobby, note="亲戚")
        assert (fresh(suspended).handler, fresh(suspended).status) == (second, "suspended")
        assert owners() == set()
        deadline.resume(suspended.pk, by=second)
        assert fresh(suspended).status == "working"
        assert owners() == {(f"complaint:{suspended.pk}", second.name)}

    def test_where_nobody_is_found_those_who_assign_are_told_and_hand_it_over(
        self, suspended, lobby, wealth, head
    ):
        hand.step_back(suspended.pk, by=lobby, note="亲戚")
        assert fresh(suspended).handler is None
        assert Notice.objects.filter(recipient=head, text__contains="clock does not run").exists()
        with pytest.raises(Refused):
            deadline.resume(suspended.pk, by=head)
        with pytest.raises(Refused):
            hand.hand_over(suspended.pk, by=head, handler_id=lobby.pk)
        hand.hand_over(suspended.pk, by=head, handler_id=wealth.pk)
        assert (fresh(suspended).handler, fresh(suspended).status) == (wealth, "suspended")
        deadline.resume(suspended.pk, by=head)
        assert fresh(suspended).status == "working"

    def test_what_runs_is_assigned_and_not_handed_over(self, made, wealth, head):
        with pytest.raises(Conflict):
            hand.hand_over(made.pk, by=head, handler_id=wealth.pk)
        assert fresh(made).events.filter(name="hand_over").count() == 0


class TestCallBack:
    def key(self, made):
        return f"complaint:{made.pk}:callback"

    def test_withdrawn_after_the_reply_nobody_is_called_back(self, made, lobby):
        answered(made, lobby)
        assert owners() == {(self.key(made), lobby.name)}
        work.withdraw(made.pk, by=lobby, note="客户来电撤诉")
        assert owners() == set()
        assert PlanItem.objects.get(source_key=self.key(made)).state == "dropped"

    def test_with_new_facts_the_call_back_waits_for_the_next_reply(self, made, lobby):
        answered(made, lobby)
        work.restart(made.pk, by=lobby, facts="客户补交录音")
        assert owners() == {(f"complaint:{made.pk}", lobby.name)}

    def test_who_has_left_leaves_it_to_another(self, friday, made, lobby, hire):
        answered(made, lobby)
        second = hire("100999", "苏颖", Role.LOBBY_MANAGER)
        User.objects.filter(pk=lobby.pk).update(is_active=False)
        friday("2026-03-02 09:00")
        assert hand.reassign_left() == {"complaints": 1}
        assert hand.reassign_left() == {"complaints": 0}
        assert (fresh(made).handler, fresh(made).status) == (second, "replied")
        assert owners() == {(self.key(made), second.name)}
        assert PlanItem.objects.open().get().plan_on.isoformat() == "2026-03-02"
        replies.call_back(made.pk, by=second, satisfaction="satisfied")
        assert owners() == set()

    def test_handed_over_the_plan_goes_along(self, made, lobby, wealth):
        answered(made, lobby)
        hand.hand_over(made.pk, by=lobby, handler_id=wealth.pk)
        assert owners() == {(self.key(made), wealth.name)}

    def test_new_facts_find_another_when_the_handler_has_left(self, made, lobby, head, hire, codes):
        ready(made, lobby, codes)
        replies.close(made.pk, by=lobby)
        second = hire("100999", "苏颖", Role.LOBBY_MANAGER)
        User.objects.filter(pk=lobby.pk).update(is_active=False)
        work.restart(made.pk, by=head, facts="客户补交录音")
        assert (fresh(made).handler, fresh(made).status) == (second, "working")


class TestWaitingExtension:
    @pytest.fixture
    def asked(self, made, lobby, complaint_office):
        deadline.ask_extension(made.pk, by=lobby, reason="须总行出具到账说明")
        return made

    def waiting(self, office):
        reach = scope(office, Permission.ANALYSE_COMPLAINTS)
        seen = {pressing(office, reach, rules=True)[1], extensions(office).count()}
        return seen | {counts(office, {})["extensions"]}

    @pytest.mark.parametrize(
        "end",
        [
            lambda made, lobby, other: answered(made, lobby),
            lambda made, lobby, other: work.withdraw(made.pk, by=lobby, note="x"),
            lambda made, lobby, other: work.merge(made.pk, by=lobby, into_id=other.pk),
        ],
        ids=["answered", "withdrawn", "merged"],
    )
    def test_with_the_end_it_leaves_the_offices_list(self, taken, asked, lobby, complaint_office, end):
        other = taken(received_at=asked.received_at)
        Complaint.objects.filter(pk=other.pk).update(received_at=asked.received_at)
        assert self.waiting(complaint_office) == {1}
        end(asked, lobby, other)
        row = Extension.objects.get()
        assert (row.decision, row.decided_by, row.decided_at is None) == ("lapsed", None, False)
        assert self.waiting(complaint_office) == {0}

    def test_while_suspended_it_waits_with_the_complaint(self, asked, lobby, complaint_office):
        deadline.suspend(asked.pk, by=lobby, agency="司法鉴定中心", note="笔迹鉴定")
        assert self.waiting(complaint_office) == {0}
        deadline.resume(asked.pk, by=lobby)
        assert self.waiting(complaint_office) == {1}

    def test_who_keeps_out_does_not_count_it(self, asked, head, complaint_office):
        hand.step_back(asked.pk, by=head, person_id=complaint_office.pk, note="亲戚")
        assert self.waiting(complaint_office) == {0}

    def test_the_page_says_that_it_is_not_needed_any_more(self, client, asked, lobby):
        answered(asked, lobby)
        client.force_login(lobby)
        page = client.get(f"/complaints/{asked.pk}/")
        assert page.status_code == 200
        assert "延期申请已无需处理" in page.content.decode()
