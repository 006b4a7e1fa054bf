"""The closing over the API: its state, and the same actions as the screen (B-03)."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from rmflow.doors import idempotency
from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays.models import BranchDay

from . import closing
from .actions import closing as slips
from .actions import closing_day as days
from .actions import statements
from .rules.closing import CHECKS, Ruling, Side

NOTE = 200


class ClosingSerializer(serializers.Serializer):
    """One day: how it stands, and everything that keeps it open."""

    id = serializers.IntegerField()
    branch_code = serializers.CharField()
    date = serializers.DateField()
    locked_at = serializers.DateTimeField(allow_null=True)
    locked_by = serializers.CharField(allow_blank=True)
    sent = serializers.IntegerField()
    received = serializers.IntegerField()
    gap = serializers.IntegerField()
    open = serializers.ListField(child=serializers.DictField())
    lines = serializers.ListField(child=serializers.DictField())


class CheckSerializer(serializers.Serializer):
    """A check of one slip; without a slip, of every slip on which both sides agree."""

    referral = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    result = serializers.ChoiceField([(result.value, result.label) for result in CHECKS], required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE)


class SettleSerializer(serializers.Serializer):
    referral = serializers.IntegerField(min_value=1, max_value=2**62)
    ruling = serializers.ChoiceField([*Ruling.choices, ("carry_over", "Left over")])
    note = serializers.CharField(max_length=NOTE)


class SignSerializer(serializers.Serializer):
    """One's own signature; with `person` and `reason` that of somebody absent."""

    side = serializers.ChoiceField(Side)
    person = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=NOTE)


class StateSerializer(serializers.Serializer):
    referral = serializers.IntegerField(min_value=1, max_value=2**62)
    received = serializers.BooleanField()
    met = serializers.BooleanField(required=False, default=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE)


class BoxSerializer(serializers.Serializer):
    box_found = serializers.IntegerField(required=False, default=0, min_value=0, max_value=999)
    book_found = serializers.IntegerField(required=False, default=0, min_value=0, max_value=999)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE)


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=NOTE)


def answer(day):
    """A day as JSON: numbers and codes, no client's data."""
    found = closing.Closing(day)
    totals = found.totals
    return {
        "id": day.pk,
        "branch_code": day.branch.code,
        "date": day.date,
        "locked_at": day.closed_at,
        "locked_by": day.closed_by.name if day.closed_by else "",
        "sent": totals["sent"],
        "received": totals["received"],
        "gap": totals["gap"],
        "open": [{"kind": str(kind), "keys": keys} for kind, keys in found.matters],
        "lines": [
            {
                "referral": row.slip.pk if row.slip else None,
                "statement": row.statement.pk if row.statement else None,
                "manager": row.line.manager_id,
                "finding": str(row.finding),
                "check_result": row.line.check_result,
                "open": row.is_open,
            }
            for row in found.rows
        ],
    }


class ClosingViewSet(ActionMixin, viewsets.GenericViewSet):
    """The closing of a business day of one's branches."""

    serializer_class = ClosingSerializer
    lookup_value_regex = NUMBER
    queryset = BranchDay.objects.none()
    pagination_class = None
    filter_backends = ()

    def get_queryset(self):
        reach = scope(self.request.user, Permission.SEE_REFERRALS)
        if not reach:
            return BranchDay.objects.none()
        return BranchDay.objects.filter(reach.q("branch")).select_related("branch", "closed_by")

    def _answer(self, day_id):
        return Response(answer(self.get_queryset().get(pk=day_id)))

    def _do(self, day_id, call):
        """The action, once per `Idempotency-Key`; then the day as it stands."""

        def produce():
            call()
            return 200, {}

        idempotency.once(self.request.user, idempotency.key_of(self.request), self.request.data, produce)
        return self._answer(day_id)

    @extend_schema(responses=ClosingSerializer(many=True))
    def list(self, request):
        """The day that waits in the branch one works in, and earlier ones nobody has locked."""
        permissions.require(request.user, Permission.SEE_REFERRALS)
        branch = request.user.branch
        day = closing.day_for(branch) if branch else None
        keys = [*(d.pk for d in closing.unlocked_before(day)), day.pk] if day else []
        return Response([answer(day) for day in self.get_queryset().filter(pk__in=keys).order_by("-date")])

    @extend_schema(responses=ClosingSerializer)
    def retrieve(self, request, pk=None):
        """How a day stands."""
        return self._answer(int(pk))

    @extend_schema(request=CheckSerializer, responses=ClosingSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request, pk=None):
        """Check one slip, or all on which both sides agree."""
        said = self._parsed(CheckSerializer)
        slip = said.get("referral")
        if slip is None:
            return self._do(pk, lambda: slips.check_matched(int(pk), by=request.user))
        result, note = said.get("result", "matched"), said.get("note", "")
        return self._do(pk, lambda: slips.check(int(pk), slip, by=request.user, result=result, note=note))

    @extend_schema(request=SettleSerializer, responses=ClosingSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request, pk=None):
        """Rule on a difference, or leave it over for the next day."""
        said = self._parsed(SettleSerializer)
        slip, ruling, note = said["referral"], said["ruling"], said["note"]
        if ruling == "carry_over":
            return self._do(pk, lambda: slips.carry_over(int(pk), slip, by=request.user, note=note))
        return self._do(pk, lambda: slips.settle(int(pk), slip, by=request.user, ruling=ruling, note=note))

    @extend_schema(request=StateSerializer, responses=ClosingSerializer)
    @action(detail=True, methods=["post"])
    def state(self, request, pk=None):
        """A manager's statement on a slip sent to him."""
        said = dict(self._parsed(StateSerializer))
        slip = said.pop("referral")
        return self._do(pk, lambda: statements.state(slip, by=request.user, **said))

    @extend_schema(request=BoxSerializer, responses=ClosingSerializer)
    @action(detail=True, methods=["post"], url_path="opinion-box")
    def opinion_box(self, request, pk=None):
        """Record the look into the opinion box."""
        said = self._parsed(BoxSerializer)
        return self._do(pk, lambda: days.look_into_box(int(pk), by=request.user, **said))

    @extend_schema(request=SignSerializer, responses=ClosingSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request, pk=None):
        """Sign one's own side, or for somebody absent."""
        said = self._parsed(SignSerializer)
        side, person, reason = said["side"], said.get("person"), said.get("reason", "")
        if person is None and not reason:
            return self._do(pk, lambda: days.confirm_side(int(pk), by=request.user, side=side))
        return self._do(
            pk,
            lambda: days.stand_in(int(pk), by=request.user, side=side, person_id=person, reason=reason),
        )

    @extend_schema(request=None, responses=ClosingSerializer)
    @action(detail=True, methods=["post"])
    def lock(self, request, pk=None):
        """Lock the day; refused with everything that is open."""
        return self._do(pk, lambda: days.lock(int(pk), by=request.user))

    @extend_schema(request=ReasonSerializer, responses=ClosingSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk=None):
        """Open a locked day again, with a reason."""
        reason = self._parsed(ReasonSerializer)["reason"]
        return self._do(pk, lambda: days.reopen(int(pk), by=request.user, reason=reason))
