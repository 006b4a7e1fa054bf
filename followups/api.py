"""One's work plan over the API: read it, record contacts, postpone, tick off."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action

from rmflow.doors.api import NUMBER, ActionMixin

from . import actions, stats
from .models import PlanItem
from .rules import Channel, NextStep, Result


class PlanItemSerializer(serializers.ModelSerializer):
    """An item of the plan; the client's name masked unless looked after."""

    client_name = serializers.SerializerMethodField()
    owner_name = serializers.CharField(source="owner.name", read_only=True)

    class Meta:
        model = PlanItem
        fields = (
            "id",
            "kind",
            "channel",
            "purpose",
            "expected",
            "answer",
            "plan_on",
            "at",
            "must_by",
            "state",
            "client",
            "client_name",
            "owner",
            "owner_name",
            "record",
            "link",
        )
        read_only_fields = fields

    def get_client_name(self, item) -> str:
        return item.client.name_for(self.context["request"].user) if item.client else ""


class NewPlanSerializer(serializers.Serializer):
    """A plan of one's own."""

    plan_on = serializers.DateField()
    at = serializers.TimeField(required=False, allow_null=True)
    purpose = serializers.CharField(max_length=200)
    channel = serializers.ChoiceField(Channel.choices, required=False, allow_blank=True)
    client = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)


class ContactSerializer(serializers.Serializer):
    """What came of a contact, and the next step."""

    result = serializers.ChoiceField(Result)
    findings = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    todo = serializers.CharField(required=False, allow_blank=True, max_length=200)
    channel = serializers.ChoiceField(Channel.choices, required=False, allow_blank=True)
    next_on = serializers.DateField(required=False, allow_null=True)
    next_at = serializers.TimeField(required=False, allow_null=True)
    next_channel = serializers.ChoiceField(Channel.choices, required=False, default=Channel.PHONE)


class PostponeSerializer(serializers.Serializer):
    plan_on = serializers.DateField()
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class GiveUpSerializer(serializers.Serializer):
    """Why a follow-up is given up."""

    note = serializers.CharField(max_length=500)


class PlanItemFilter(filters.FilterSet):
    plan_on = filters.DateFromToRangeFilter()

    class Meta:
        model = PlanItem
        fields = ("state", "kind", "owner", "plan_on")


class PlanItemViewSet(ActionMixin, viewsets.ReadOnlyModelViewSet):
    """Plan items in one's scope; only one's own can be worked."""

    serializer_class = PlanItemSerializer
    filterset_class = PlanItemFilter
    lookup_value_regex = NUMBER
    queryset = PlanItem.objects.none()

    def get_queryset(self):
        return (
            PlanItem.objects.visible_to(self.request.user)
            .select_related("client", "owner")
            .order_by("plan_on", "at", "pk")
        )

    @extend_schema(request=NewPlanSerializer, responses={201: PlanItemSerializer})
    def create(self, request):
        """Put a plan of one's own on a day."""
        data = self._parsed(NewPlanSerializer)
        client_id = data.pop("client", None)
        if client_id is not None:
            data["client"] = stats.own_clients(request.user).get(pk=client_id)
        data.setdefault("client", None)
        status, answer = self._once(lambda: (201, {"id": actions.add_plan(by=request.user, **data).pk}))
        return self._answer(answer["id"], status)

    @extend_schema(request=ContactSerializer, responses=PlanItemSerializer)
    @action(detail=True, methods=["post"])
    def contact(self, request, pk=None):
        """Record the contact and plan the next step in one go."""
        data = self._parsed(ContactSerializer)
        day, at, way = data.pop("next_on", None), data.pop("next_at", None), data.pop("next_channel")
        data["next_step"] = NextStep(way, day, at) if day else None
        self._once(lambda: (200, {"id": actions.record_contact(int(pk), by=request.user, **data).pk}))
        return self._answer(pk)

    @extend_schema(request=PostponeSerializer, responses=PlanItemSerializer)
    @action(detail=True, methods=["post"])
    def postpone(self, request, pk=None):
        """Move the item to another day."""
        actions.postpone(int(pk), by=request.user, **self._parsed(PostponeSerializer))
        return self._answer(pk)

    @extend_schema(request=None, responses=PlanItemSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request, pk=None):
        """Tick the item off."""
        actions.done(int(pk), by=request.user)
        return self._answer(pk)

    @extend_schema(request=GiveUpSerializer, responses=PlanItemSerializer)
    @action(detail=True, methods=["post"], url_path="give-up")
    def give_up(self, request, pk=None):
        """Give the follow-up up, with a reason; an item without a record is dropped."""
        actions.give_up(int(pk), by=request.user, reason=self._parsed(GiveUpSerializer)["note"])
        return self._answer(pk)

    @extend_schema(request=None, responses=PlanItemSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request, pk=None):
        """Undo the last tick, drop or postponement."""
        actions.restore(int(pk), by=request.user)
        return self._answer(pk)
