"""Closures over the API: the same actions, scopes and refusals as the pages."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from clients.actions.recognition import recognise
from clients.models import Product
from clients.recognition import LONGEST, queue_of, read_ticket, ticket
from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.privacy.actions import log
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from . import closure_rows, drill_filters
from .actions import closure_record, closures
from .models import Closure, Destination
from .rules.closures import (
    AT_COUNTER,
    CLOSURE_TRANSITIONS,
    NOTE_LENGTH,
    TEXT_LENGTH,
    Measure,
    Reason,
    Result,
    Suspicion,
)
from .stats import closures as closure_stats
from .views.closures import require_any

MONEY = {"max_digits": 16, "decimal_places": 2, "required": False, "allow_null": True}
STEPS = ("claim", "normal", "churn", "call_head", "step_in")


class RecognisedSerializer(serializers.Serializer):
    """A recognised client: how to greet, which queue, whose client; the ticket opens the next step."""

    ticket = serializers.CharField()
    name = serializers.CharField()
    type = serializers.CharField()
    level = serializers.CharField()
    queue = serializers.CharField()
    manager_name = serializers.CharField()
    branch_code = serializers.CharField()


class AskedSerializer(serializers.Serializer):
    q = serializers.CharField(max_length=LONGEST)


class RecognitionView(APIView):
    """Recognise a client by customer number, card tail or whole name; posted, so that no log keeps it."""

    @extend_schema(request=AskedSerializer, responses=RecognisedSerializer(many=True))
    def post(self, request):
        asked = AskedSerializer(data=request.data)
        permissions.require(request.user, Permission.RECOGNISE_CLIENT)
        asked.is_valid(raise_exception=True)
        found = recognise(asked.validated_data["q"], by=request.user, request=request)
        rows = [
            {
                "ticket": ticket(client, request.user),
                "name": client.name_for(request.user),
                "type": client.type,
                "level": client.level,
                "queue": queue_of(client.type, client.level).value,
                "manager_name": client.owner.name if client.owner else "",
                "branch_code": client.branch.code,
            }
            for client in found
        ]
        return Response(RecognisedSerializer(rows, many=True).data)


class ClosureSerializer(serializers.ModelSerializer):
    """A case as its reader may see it; a counter reads its own part."""

    number = serializers.CharField(read_only=True)
    client_name = serializers.SerializerMethodField()
    branch_code = serializers.CharField(source="branch.code", read_only=True)
    manager_name = serializers.CharField(source="manager.name", read_only=True, default="")
    transitions = serializers.SerializerMethodField()

    class Meta:
        model = Closure
        #: What a counter sees of a case it has reported.
        part = (
            *("id", "number", "client_name", "branch_code", "manager_name", "movement", "suspicion"),
            *("state", "found_at", "claim_due_at", "transitions"),
        )
        fields = (
            *part,
            *("client", "found", "trigger", "assessment", "claimed_at", "head_at", "called", "account"),
            *("product", "amount", "aum_before", "reason", "reason_note", "destination", "saved", "lost"),
            *("accurate", "first_time", "note", "result", "ended_at"),
        )
        read_only_fields = fields

    def get_client_name(self, closure) -> str:
        return closure_rows.name(closure, self.context["request"].user)

    def get_transitions(self, closure) -> list[str]:
        """The steps this reader may take now; the same check as the action's."""
        user = self.context["request"].user
        return [name for name in CLOSURE_TRANSITIONS if closures.may(name, closure, user)]

    def to_representation(self, closure):
        shown = super().to_representation(closure)
        user = self.context["request"].user
        if not closure.is_whole_for(user):
            return {name: shown[name] for name in self.Meta.part}
        for name in ("amount", "aum_before", "saved", "lost"):
            shown[name] = closure_rows.money(getattr(closure, name), closure, user).replace(",", "") or None
        return shown


class FlagSerializer(serializers.Serializer):
    """The counter's report of a recognised client."""

    ticket = serializers.CharField(max_length=200)
    movement = serializers.ChoiceField(AT_COUNTER)
    suspicion = serializers.ChoiceField(Suspicion.choices)
    went_on = serializers.BooleanField(required=False, default=False)


class ClosureStepSerializer(serializers.Serializer):
    name = serializers.ChoiceField([(name, CLOSURE_TRANSITIONS[name].label) for name in STEPS])
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_LENGTH)


class MeasureSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(Measure.choices)
    text = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_LENGTH)


class RecordSerializer(serializers.Serializer):
    """The record as far as it is known; what is not sent stays."""

    account = serializers.CharField(required=False, allow_blank=True, max_length=40)
    product = serializers.PrimaryKeyRelatedField(
        queryset=Product.objects.all(), required=False, allow_null=True
    )
    amount = serializers.DecimalField(**MONEY)
    aum_before = serializers.DecimalField(**MONEY)
    reason = serializers.ChoiceField(Reason.choices, required=False, allow_blank=True)
    reason_note = serializers.CharField(required=False, allow_blank=True, max_length=TEXT_LENGTH)
    destination = serializers.PrimaryKeyRelatedField(
        queryset=Destination.objects.all(), required=False, allow_null=True
    )
    saved = serializers.DecimalField(**MONEY)
    lost = serializers.DecimalField(**MONEY)
    note = serializers.CharField(required=False, allow_blank=True, max_length=NOTE_LENGTH)
    accurate = serializers.BooleanField(required=False, allow_null=True)
    first_time = serializers.BooleanField(required=False, allow_null=True)
    win_back = serializers.ListField(child=serializers.DateField(), required=False, max_length=12)


class EndSerializer(RecordSerializer):
    result = serializers.ChoiceField(Result.choices)


class ClosureFilter(filters.FilterSet):
    """What the page's chips and drills narrow by, under the same names."""

    found = filters.DateFromToRangeFilter(field_name="found_on")
    show = drill_filters.one_of(closure_stats.SHOWS, method="by_show")
    manager = drill_filters.key()
    product = drill_filters.key()
    destination = drill_filters.key()
    reason = drill_filters.one_of((*Reason.values, "none"))
    month = drill_filters.month()
    outcome = drill_filters.one_of(closure_stats.OUTCOMES)

    class Meta:
        model = Closure
        fields = ("state", "result", "movement", "branch")

    def drill(self, rows, name: str, value: str):
        return closure_stats.drilled(rows, {name: value})

    def by_show(self, rows, _name: str, value: str):
        return closure_stats.shown(rows, value)


class ClosureViewSet(ActionMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Cases in one's scope: report, steps, measures, record, end."""

    serializer_class = ClosureSerializer
    filterset_class = ClosureFilter
    lookup_value_regex = NUMBER
    queryset = Closure.objects.none()

    def get_queryset(self):
        people = ("client", "branch", "manager", "backup")
        rows = Closure.objects.visible_to(self.request.user).select_related(*people)
        return rows.order_by("-found_at", "-pk")

    def list(self, request, *args, **kwargs):
        require_any(request.user)
        return super().list(request, *args, **kwargs)

    def retrieve(self, request, *args, **kwargs):
        found = self.get_object()
        log("view", by=request.user, obj=found, fields=["masked"], request=request)
        return Response(self.get_serializer(found).data)

    @extend_schema(request=FlagSerializer, responses={201: ClosureSerializer})
    def create(self, request):
        """Report a movement at the counter; with an `Idempotency-Key` the same report is made once."""
        permissions.require(request.user, Permission.FLAG_CLOSURE)
        words = self._parsed(FlagSerializer)
        client_id = read_ticket(words.pop("ticket"), request.user)

        def produce():
            made, _seen, _new = closures.flag(client_id, by=request.user, **words)
            return 201, {"id": made.pk}

        status, answer = self._once(produce)
        return self._answer(answer["id"], status)

    @extend_schema(request=ClosureStepSerializer, responses=ClosureSerializer)
    @action(detail=True, methods=["post"])
    def transitions(self, request, pk=None):
        """Claim, judge, call the head, step in."""
        words = self._parsed(ClosureStepSerializer)
        closures.step(words["name"], int(pk), by=request.user, note=words.get("note", ""))
        return self._answer(pk)

    @extend_schema(request=None, responses=ClosureSerializer)
    @action(detail=True, methods=["post"], url_path="went-on", url_name="went-on")
    def went_on(self, request, pk=None):
        """The counter goes on as the client wishes: at any moment."""
        closures.go_on(int(pk), by=request.user)
        return self._answer(pk)

    @extend_schema(request=MeasureSerializer, responses={201: ClosureSerializer})
    @action(detail=True, methods=["post"])
    def measures(self, request, pk=None):
        """Write down what was done to keep the client."""
        words = self._parsed(MeasureSerializer)

        def produce():
            return 201, {"id": closure_record.add_measure(int(pk), by=request.user, **words).closure_id}

        self._once(produce)
        return self._answer(pk, 201)

    @extend_schema(request=RecordSerializer, responses=ClosureSerializer)
    @action(detail=True, methods=["post"])
    def record(self, request, pk=None):
        """Keep the record as far as it is known."""
        closure_record.keep_record(int(pk), by=request.user, **self._parsed(RecordSerializer))
        return self._answer(pk)

    @extend_schema(request=EndSerializer, responses=ClosureSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request, pk=None):
        """End the case; each thing that lacks is named beside its field."""
        closure_record.end(int(pk), by=request.user, **self._parsed(EndSerializer))
        return self._answer(pk)
