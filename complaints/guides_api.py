"""The priority register over the API: the same lines, scopes and refusals as the page."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action

from clients.recognition import read_ticket
from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .actions import guides
from .models import Guide
from .rules.guides import LONGEST_WAIT, NOTE_LENGTH, Basis, Place
from .views.guides import require_any


class GuideSerializer(serializers.ModelSerializer):
    """A line; the name masked unless one looks after the client."""

    name = serializers.SerializerMethodField()
    by_name = serializers.CharField(source="by.name", read_only=True)
    branch_code = serializers.CharField(source="branch.code", read_only=True)

    class Meta:
        model = Guide
        fields = (
            *("id", "branch_code", "on", "at", "client", "name", "ticket_no", "basis", "place", "waited"),
            *("note", "by_name", "struck_at", "struck_why"),
        )
        read_only_fields = fields

    def get_name(self, row) -> str:
        return row.client.name_for(self.context["request"].user) if row.client else row.addressed_as


class WrittenSerializer(serializers.Serializer):
    """A new line; `ticket` of a recognition stands for client and basis."""

    ticket = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    addressed_as = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    basis = serializers.ChoiceField(Basis.choices, required=False, allow_blank=True, default="")
    place = serializers.ChoiceField(Place.choices)
    ticket_no = serializers.CharField(max_length=8, required=False, allow_blank=True, default="")
    waited = serializers.IntegerField(
        min_value=0, max_value=LONGEST_WAIT, required=False, allow_null=True, default=None
    )
    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True, default="")


class StruckSerializer(serializers.Serializer):
    why = serializers.CharField(max_length=NOTE_LENGTH, allow_blank=True)


class GuideFilter(filters.FilterSet):
    on = filters.DateFromToRangeFilter(field_name="on")

    class Meta:
        model = Guide
        fields = ("basis", "place", "branch")


class GuideViewSet(ActionMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The register of one's desk and lobbies."""

    serializer_class = GuideSerializer
    filterset_class = GuideFilter
    lookup_value_regex = NUMBER
    queryset = Guide.objects.none()

    def get_queryset(self):
        rows = Guide.objects.visible_to(self.request.user).select_related("client", "by", "branch")
        return rows.order_by("-at", "-pk")

    def list(self, request, *args, **kwargs):
        require_any(request.user)
        return super().list(request, *args, **kwargs)

    @extend_schema(request=WrittenSerializer, responses={201: GuideSerializer})
    def create(self, request):
        """Write a line; with an `Idempotency-Key` the same line is written once."""
        user = request.user
        permissions.require(user, Permission.RECOGNISE_CLIENT)
        words = self._parsed(WrittenSerializer)
        ticket = words.pop("ticket")
        client_id = read_ticket(ticket, user) if ticket else None
        status, answer = self._once(
            lambda: (201, {"id": guides.record(by=user, client_id=client_id, **words).pk})
        )
        return self._answer(answer["id"], status)

    @extend_schema(request=StruckSerializer, responses=GuideSerializer)
    @action(detail=True, methods=["post"])
    def strike(self, request, pk=None):
        """Strike a wrong line out; it stays legible."""
        row = self.get_object()
        guides.strike(row.pk, by=request.user, **self._parsed(StruckSerializer))
        return self._answer(row.pk)
