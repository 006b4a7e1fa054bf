"""Openings over the API: the same actions, scopes and refusals as the pages."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action

from clients.models import Product
from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from . import opening_rows
from .actions import openings
from .models import Opening, OpeningKind
from .rules.openings import Answer


class OfferSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    product = serializers.IntegerField(source="product_id")
    product_name = serializers.CharField(source="product.name")
    answer = serializers.CharField()
    amount = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    deal = serializers.IntegerField(source="deal_id", allow_null=True)


class FormSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    required = serializers.BooleanField()
    ready_at = serializers.DateTimeField(allow_null=True)


class OpeningSerializer(serializers.ModelSerializer):
    """An opening with its kit and the products offered."""

    number = serializers.CharField(read_only=True)
    client_name = serializers.SerializerMethodField()
    kind_name = serializers.CharField(source="kind.name", read_only=True)
    manager_name = serializers.CharField(source="manager.name", read_only=True)
    branch_code = serializers.CharField(source="branch.code", read_only=True)
    forms = FormSerializer(many=True, read_only=True)
    offers = OfferSerializer(many=True, read_only=True)

    class Meta:
        model = Opening
        fields = (
            *("id", "number", "client", "client_name", "kind", "kind_name", "manager", "manager_name"),
            *("branch_code", "appointment", "state", "created_at", "ready_at", "seated_at", "executed_at"),
            *("executed_by", "account", "accurate", "first_time", "forms", "offers"),
        )
        read_only_fields = fields

    def get_client_name(self, opening) -> str:
        return opening_rows.name(opening, self.context["request"].user)


class PrepareSerializer(serializers.Serializer):
    client = serializers.IntegerField(min_value=1, max_value=2**62)
    kind = serializers.PrimaryKeyRelatedField(queryset=OpeningKind.objects.filter(active=True))


class OpeningStepSerializer(serializers.Serializer):
    name = serializers.ChoiceField(["ready", "seat", "cancel"])
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)


class TickSerializer(serializers.Serializer):
    form = serializers.IntegerField(min_value=1, max_value=2**62)
    ready = serializers.BooleanField(default=True)


class NewOfferSerializer(serializers.Serializer):
    product = serializers.PrimaryKeyRelatedField(queryset=Product.objects.on_sale())


class AnswerSerializer(serializers.Serializer):
    offer = serializers.IntegerField(min_value=1, max_value=2**62)
    answer = serializers.ChoiceField([Answer.AGREED, Answer.DECLINED])
    amount = serializers.DecimalField(max_digits=16, decimal_places=2, required=False, allow_null=True)


class ExecuteSerializer(serializers.Serializer):
    account = serializers.CharField(required=False, allow_blank=True, max_length=40)
    accurate = serializers.BooleanField(allow_null=True, required=False, default=None)
    first_time = serializers.BooleanField(allow_null=True, required=False, default=None)


class OpeningViewSet(ActionMixin, viewsets.ReadOnlyModelViewSet):
    """Openings in one's scope: prepare, tick, offer, answer, carry out."""

    serializer_class = OpeningSerializer
    filterset_fields = ("state", "kind", "manager")
    lookup_value_regex = NUMBER
    queryset = Opening.objects.none()

    def get_queryset(self):
        rows = Opening.objects.visible_to(self.request.user)
        people = ("client", "branch", "manager", "kind")
        rows = rows.select_related(*people).prefetch_related("forms", "offers__product")
        return rows.order_by("-created_at", "-pk")

    @extend_schema(request=PrepareSerializer, responses={201: OpeningSerializer})
    def create(self, request):
        """Begin an opening; the kit is laid out from the catalogue."""
        permissions.require(request.user, Permission.PREPARE_OPENING)
        words = self._parsed(PrepareSerializer)

        def produce():
            return 201, {"id": openings.prepare(words["client"], words["kind"], by=request.user).pk}

        status, answer = self._once(produce)
        return self._answer(answer["id"], status)

    @extend_schema(request=OpeningStepSerializer, responses=OpeningSerializer)
    @action(detail=True, methods=["post"])
    def transitions(self, request, pk=None):
        """Ready, the client sits down, cancel."""
        words = self._parsed(OpeningStepSerializer)
        openings.step(words["name"], int(pk), by=request.user, note=words.get("note", ""))
        return self._answer(pk)

    @extend_schema(request=TickSerializer, responses=OpeningSerializer)
    @action(detail=True, methods=["post"])
    def kit(self, request, pk=None):
        """A form lies ready, or not after all."""
        words = self._parsed(TickSerializer)
        openings.tick(int(pk), words["form"], by=request.user, ready=words["ready"])
        return self._answer(pk)

    @extend_schema(request=NewOfferSerializer, responses=OpeningSerializer)
    @action(detail=True, methods=["post"])
    def offer(self, request, pk=None):
        """Offer one more product; the suitability gate stands before it."""
        openings.offer(int(pk), self._parsed(NewOfferSerializer)["product"], by=request.user)
        return self._answer(pk)

    @extend_schema(request=AnswerSerializer, responses=OpeningSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request, pk=None):
        """Agreed with an amount, or declined."""
        words = self._parsed(AnswerSerializer)
        offer = words.pop("offer")
        openings.answer(int(pk), offer, by=request.user, **words)
        return self._answer(pk)

    @extend_schema(request=ExecuteSerializer, responses=OpeningSerializer)
    @action(detail=True, methods=["post"])
    def execute(self, request, pk=None):
        """A teller carries it out; never the manager."""
        openings.execute(int(pk), by=request.user, **self._parsed(ExecuteSerializer))
        return self._answer(pk)
