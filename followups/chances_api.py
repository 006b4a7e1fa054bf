"""Sales chances over the API: the list in one's scope, taking on, won, dropped."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action

from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .actions import chances as actions
from .models import SalesChance


class ChanceSerializer(serializers.ModelSerializer):
    """One chance; the client's name masked unless looked after."""

    name = serializers.SerializerMethodField()
    product_code = serializers.CharField(source="product.code", read_only=True)
    branch_code = serializers.CharField(source="branch.code", read_only=True)

    class Meta:
        model = SalesChance
        fields = (
            *("id", "client", "name", "product_code", "amount", "likelihood", "expected_on", "note", "owner"),
            *("branch_code", "state", "taken_at", "settled_at", "reason", "origin", "at"),
        )
        read_only_fields = fields

    def get_name(self, row) -> str:
        return row.client.name_for(self.context["request"].user)


class DropSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class ChanceViewSet(ActionMixin, viewsets.ReadOnlyModelViewSet):
    """One's own chances, for those who inspect the branch's."""

    serializer_class = ChanceSerializer
    filterset_fields = ("state", "branch")
    lookup_value_regex = NUMBER
    queryset = SalesChance.objects.none()

    def get_queryset(self):
        user = self.request.user
        if not user.has(Permission.SEE_FOLLOW_UPS):
            permissions.require(user, Permission.WORK_FOLLOW_UP)
        return SalesChance.objects.visible_to(user).with_names().order_by("expected_on", "pk")

    @extend_schema(request=None, responses=ChanceSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request, pk=None):
        """Put the first contact on the plan."""
        actions.take(int(pk), by=request.user)
        return self._answer(pk)

    @extend_schema(request=None, responses=ChanceSerializer)
    @action(detail=True, methods=["post"])
    def win(self, request, pk=None):
        """The client has decided for it."""
        actions.win(int(pk), by=request.user)
        return self._answer(pk)

    @extend_schema(request=DropSerializer, responses=ChanceSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request, pk=None):
        """Not now, with the reason."""
        serializer = DropSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        actions.drop(int(pk), by=request.user, reason=serializer.validated_data["reason"])
        return self._answer(pk)
