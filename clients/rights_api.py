"""Requests of clients about their data over the API (B-22)."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action

from rmflow.doors.api import NUMBER

from .actions import rights
from .custody_api import TEXT, USER, Steps, may
from .models import RightsRequest
from .profile_rules import ConsentPurpose
from .rights_rules import (
    RIGHTS_TRANSITIONS,
    AnswerWay,
    Applicant,
    Identity,
    Outcome,
    Right,
    RightsState,
)


class RightsSerializer(serializers.ModelSerializer):
    """One request: clock and outcome; what the client wrote stays on the page."""

    branch_code = serializers.CharField(source="branch.code", read_only=True)
    transitions = serializers.SerializerMethodField()

    class Meta:
        model = RightsRequest
        fields = (
            *("id", "client", "branch_code", "kind", "state", "applicant", "identity", "purposes"),
            *("received_on", "due_on", "outcome", "ground", "settled_at", "answer_way", "answered_at"),
            "transitions",
        )
        read_only_fields = fields

    def get_transitions(self, row) -> list[str]:
        return may(RIGHTS_TRANSITIONS, row, row.branch, self.context["request"].user)


class TakeSerializer(serializers.Serializer):
    client = serializers.IntegerField(**USER)
    kind = serializers.ChoiceField(Right)
    applicant = serializers.ChoiceField(Applicant)
    identity = serializers.ChoiceField(Identity)
    wish = serializers.CharField(max_length=500)
    purposes = serializers.MultipleChoiceField(choices=ConsentPurpose.choices, required=False, default=list)
    received_on = serializers.DateField()


class RightsStepSerializer(serializers.Serializer):
    name = serializers.ChoiceField(list(RIGHTS_TRANSITIONS))
    outcome = serializers.ChoiceField(Outcome, required=False, allow_blank=True, default="")
    reasons = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    way = serializers.ChoiceField(AnswerWay, required=False, allow_blank=True, default="")
    why = serializers.CharField(max_length=TEXT, required=False, allow_blank=True, default="")


class RightsFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=RightsState.choices)
    due_before = filters.DateFilter("due_on", "lt")

    class Meta:
        model = RightsRequest
        fields = ("state", "kind", "branch")


class RightsViewSet(Steps, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Requests of clients about their data, at one's branches."""

    serializer_class = RightsSerializer
    filterset_class = RightsFilter
    lookup_value_regex = NUMBER
    queryset = RightsRequest.objects.none()

    def get_queryset(self):
        rows = RightsRequest.objects.visible_to(self.request.user)
        return rows.select_related("branch").order_by("due_on", "pk")

    @extend_schema(request=TakeSerializer)
    def create(self, request):
        """Take a request."""
        data = self._parsed(TakeSerializer)
        client_id = data.pop("client")
        return self._do(lambda: rights.take(client_id, by=request.user, **data), status=201)

    @extend_schema(request=RightsStepSerializer)
    @action(detail=True, methods=["post"])
    def transitions(self, request, pk=None):
        """Settle, answer or drop."""
        data, user = self._parsed(RightsStepSerializer), request.user
        call = {
            "settle": lambda: rights.settle(
                int(pk), by=user, outcome=data["outcome"], reasons=data["reasons"]
            ),
            "answer": lambda: rights.answer(int(pk), by=user, way=data["way"]),
            "drop": lambda: rights.drop(int(pk), by=user, why=data["why"]),
        }[data["name"]]
        return self._do(call)
