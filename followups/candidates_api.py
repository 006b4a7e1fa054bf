"""First identification over the API: the list in one's scope, taking and dismissing."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action

from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .actions import candidates as actions
from .candidate_rules import CandidateState
from .models import Candidate


class CandidateSerializer(serializers.ModelSerializer):
    """A client the rules named; the name masked and no amount unless looked after."""

    name = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()
    branch_code = serializers.CharField(source="branch.code", read_only=True)
    owner = serializers.IntegerField(source="client.owner_id", read_only=True, allow_null=True)

    class Meta:
        model = Candidate
        fields = (
            *("id", "client", "name", "owner", "branch_code", "rules", "suggests", "amount", "found_on"),
            *("seen_on", "state", "reason", "rests_until", "record"),
        )
        read_only_fields = fields

    def get_name(self, row) -> str:
        return row.client.name_for(self.context["request"].user)

    def get_amount(self, row) -> str | None:
        own = row.client.is_looked_after_by(self.context["request"].user)
        return str(row.amount) if own else None


class DismissalSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class CandidateViewSet(ActionMixin, viewsets.ReadOnlyModelViewSet):
    """Candidates in one's scope; the open ones unless `state` asks for others."""

    serializer_class = CandidateSerializer
    filterset_fields = ("state", "suggests", "branch")
    lookup_value_regex = NUMBER
    queryset = Candidate.objects.none()

    def get_queryset(self):
        user = self.request.user
        if not user.has(Permission.SEE_FOLLOW_UPS):
            permissions.require(user, Permission.JUDGE_CLIENT)
        rows = Candidate.objects.visible_to(user).select_related("client", "branch")
        if self.action == "list" and not self.request.query_params.get("state"):
            rows = rows.filter(state=CandidateState.OPEN)
        return rows.order_by("-amount", "pk")

    @extend_schema(request=None, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request, pk=None):
        """Open the follow-up record and plan the first contact."""
        actions.take(int(pk), by=request.user)
        return self._answer(pk)

    @extend_schema(request=DismissalSerializer, responses=CandidateSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request, pk=None):
        """Leave the client in peace, with a reason."""
        serializer = DismissalSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        actions.dismiss(int(pk), by=request.user, reason=serializer.validated_data["reason"])
        return self._answer(pk)
