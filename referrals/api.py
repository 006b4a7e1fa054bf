"""Referrals over the API: the same card, the same actions, scopes and refusals as the desk."""

from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from clients.rules import ClientType, Level, Salutation
from followups.rules import Channel
from rmflow.doors import idempotency
from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.privacy import normal
from rmflow.privacy.models import ConsentBasis
from rmflow.staff.models import User
from rmflow.workdays import clock

from . import actions, rows, rules
from .actions import steps
from .models import Referral
from .rules import AssetBand, Business, Card, Cue, Destination, End, Guidance, Need, Reception


class ReferralSerializer(serializers.ModelSerializer):
    """A slip as its reader may see it: the client's name masked unless looked after."""

    client = serializers.SerializerMethodField()
    client_name = serializers.SerializerMethodField()
    referrer_name = serializers.CharField(source="referrer.name", read_only=True)
    manager_name = serializers.CharField(source="manager.name", read_only=True, default="")
    branch_code = serializers.CharField(source="branch.code", read_only=True)
    outcome = serializers.ChoiceField(choices=ClientType, read_only=True, allow_null=True)
    transitions = serializers.SerializerMethodField()

    class Meta:
        model = Referral
        fields = (
            "id",
            "number",
            "status",
            "reception",
            "check_result",
            "guidance",
            "onward",
            "client",
            "client_name",
            "addressed_as",
            "cues",
            "business",
            "needs",
            "assets",
            "source_channel",
            "referrer",
            "referrer_name",
            "manager",
            "manager_name",
            "branch_code",
            "place",
            "card_given",
            "agreed_on",
            "agreed_at",
            "agreed_channel",
            "referred_at",
            "filed_at",
            "waiting_since",
            "accepted_at",
            "met_at",
            "outcome",
            "transitions",
        )
        read_only_fields = fields

    def get_client_name(self, referral) -> str:
        return rows.name(referral, self.context["request"].user)

    def get_client(self, referral) -> int | None:
        """The client's key for who has the client on a list; to others it would tell who is known here."""
        return referral.client_id if referral.client.is_seen_by(self.context["request"].user) else None

    def get_transitions(self, referral) -> list[str]:
        """The steps this reader may take now; the same check as the action's."""
        user = self.context["request"].user
        return [name for name in steps.STEPS if steps.may(name, referral, user)]


class PersonSerializer(serializers.Serializer):
    """Name and phone as typed; normalised, and refused in plain words."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=200)
    basis = serializers.ChoiceField(ConsentBasis.choices, required=False, allow_blank=True)

    def validate_name(self, value):
        return normal.name(value)

    def validate_phone(self, value):
        return normal.phone(value)


class IdNumberSerializer(serializers.Serializer):
    """A resident's ID number as typed; it is looked up, never kept."""

    id_number = serializers.CharField(required=False, allow_blank=True, max_length=200)

    def validate_id_number(self, value):
        return normal.id_number(value, today=clock.today())


class RepeatSerializer(IdNumberSerializer):
    """The numbers by which a repeat may be known."""

    phone = serializers.CharField(required=False, allow_blank=True, max_length=200)

    def validate_phone(self, value):
        return normal.phone(value)

    def validate(self, data):
        if not any(data.values()):
            raise serializers.ValidationError(_("Give a phone or an ID number."))
        return data


class WarnedSerializer(serializers.Serializer):
    """Whether a warning is due; why, where and whose client is never said."""

    warned = serializers.BooleanField()


class CardSerializer(PersonSerializer, IdNumberSerializer):
    """The lobby card (优质客户推介表)."""

    end = serializers.ChoiceField(End)
    cues = serializers.ListField(child=serializers.ChoiceField(Cue), max_length=20)
    business = serializers.ChoiceField(Business, required=False, allow_blank=True)
    salutation = serializers.ChoiceField(Salutation, required=False, allow_blank=True)
    needs = serializers.ListField(child=serializers.ChoiceField(Need), required=False, max_length=20)
    assets = serializers.ChoiceField(AssetBand, required=False, allow_blank=True)
    manager_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    branch_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    client_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    agreed_on = serializers.DateField(required=False, allow_null=True)
    agreed_at = serializers.TimeField(required=False, allow_null=True)
    agreed_channel = serializers.ChoiceField(Channel.choices, required=False, allow_blank=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=rules.NOTE_LENGTH)
    place = serializers.CharField(required=False, allow_blank=True, max_length=30)
    repeat_reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    referred_at = serializers.DateTimeField(required=False, allow_null=True)


class StepSerializer(serializers.Serializer):
    """One transition of a slip; `to` is the manager a client is offered to."""

    name = serializers.ChoiceField([(name, arrow.label) for name, arrow in rules.TRANSITIONS.items()])
    to = serializers.PrimaryKeyRelatedField(queryset=User.objects.active(), required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=rules.NOTE_LENGTH)


class VerdictSerializer(PersonSerializer):
    """The manager's verdict on a referred client (W1-14)."""

    type = serializers.ChoiceField([c for c in ClientType.choices if c[0] != ClientType.UNJUDGED])
    level = serializers.ChoiceField(Level, required=False, allow_blank=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    destination = serializers.ChoiceField(Destination, required=False, allow_blank=True)
    agreed_on = serializers.DateField(required=False, allow_null=True)
    agreed_at = serializers.TimeField(required=False, allow_null=True)
    channel = serializers.ChoiceField(Channel.choices, required=False, default=Channel.PHONE)


class OnwardSerializer(serializers.Serializer):
    """Where the manager guides the client next."""

    onward = serializers.ChoiceField(Guidance.choices[1:])


class WithdrawalSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=rules.NOTE_LENGTH)


class ReferralFilter(filters.FilterSet):
    """What the list may be narrowed to."""

    filed = filters.DateFromToRangeFilter(field_name="filed_at")

    class Meta:
        model = Referral
        fields = ("status", "reception", "manager", "referrer", "branch")

    def filter_queryset(self, queryset):
        """Those still to be received come in turn, as at the desk; all others the newest first."""
        found = super().filter_queryset(queryset)
        waiting = self.form.cleaned_data.get("reception") in (Reception.WAITING, Reception.DECLINED)
        return found.in_turn() if waiting else found


class ReferralViewSet(ActionMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Slips in one's scope: list, read, file, and each step of the reception."""

    serializer_class = ReferralSerializer
    filterset_class = ReferralFilter
    lookup_value_regex = NUMBER
    queryset = Referral.objects.none()

    def get_queryset(self):
        return (
            Referral.objects.visible_to(self.request.user)
            .with_people()
            .select_related("day")
            .with_outcome()
            .order_by("-filed_at", "-pk")
        )

    @extend_schema(request=CardSerializer, responses={201: ReferralSerializer})
    def create(self, request):
        """File a slip. With an `Idempotency-Key` header the same card is filed once."""
        card = Card(**self._parsed(CardSerializer))
        key = idempotency.key_of(request)
        slip = actions.file_once(card, by=request.user, key=key, body=request.data)
        return self._answer(slip.pk, 201)

    @extend_schema(request=RepeatSerializer, responses=WarnedSerializer)
    @action(
        detail=False, methods=["post"], url_path="repeat-check", pagination_class=None, filterset_class=None
    )
    def repeat_check(self, request):
        """Whether this person may be looked after or referred lately (W1-07): capped a day, logged."""
        warned = actions.look(by=request.user, **self._parsed(RepeatSerializer))
        return Response({"warned": warned})

    @extend_schema(request=StepSerializer, responses=ReferralSerializer)
    @action(detail=True, methods=["post"])
    def transitions(self, request, pk=None):
        """Accept, decline, offer, meet or leave."""
        step = self._parsed(StepSerializer)
        to = step.get("to")
        actions.perform(step["name"], int(pk), by=request.user, to=to and to.pk, note=step.get("note", ""))
        return self._answer(pk)

    @extend_schema(request=VerdictSerializer, responses=ReferralSerializer)
    @action(detail=True, methods=["post"])
    def verdict(self, request, pk=None):
        """Decide the client's type, with all that follows from it."""
        actions.judge(int(pk), by=request.user, **self._parsed(VerdictSerializer))
        return self._answer(pk)

    @extend_schema(request=None, responses=ReferralSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request, pk=None):
        """Take a to-follow-up slip out of the branch's duty queue."""
        actions.take(int(pk), by=request.user)
        return self._answer(pk)

    @extend_schema(request=OnwardSerializer, responses=ReferralSerializer)
    @action(detail=True, methods=["post"], url_path="guide-on")
    def guide_on(self, request, pk=None):
        """Guide a client whom one has met on to the counter or a channel, once."""
        actions.guide_on(int(pk), by=request.user, **self._parsed(OnwardSerializer))
        return self._answer(pk)

    @extend_schema(request=WithdrawalSerializer, responses=ReferralSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request, pk=None):
        """Take one's own slip back, with a reason."""
        actions.withdraw(int(pk), by=request.user, **self._parsed(WithdrawalSerializer))
        return self._answer(pk)
