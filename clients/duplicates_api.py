"""Pairs of records over the API: the same actions, the same masks (B-21)."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.privacy.actions import log
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from . import compare
from .actions import duplicates as actions
from .duplicate_rules import TRANSITIONS
from .models import Duplicate


class LineSerializer(serializers.Serializer):
    """One line of the comparison; values are masked as on the page."""

    key = serializers.CharField()
    label = serializers.CharField()
    winner = serializers.CharField(allow_blank=True)
    loser = serializers.CharField(allow_blank=True)
    differs = serializers.BooleanField()
    open = serializers.BooleanField()
    keep = serializers.ChoiceField(choices=["winner", "loser"])


class DuplicateSerializer(serializers.ModelSerializer):
    """A pair; `lines` only where one is asked for."""

    names = serializers.SerializerMethodField()
    branches = serializers.SerializerMethodField()
    transitions = serializers.SerializerMethodField()
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Duplicate
        fields = (
            *("id", "one", "other", "winner", "names", "branches", "reasons", "weight", "state", "keep"),
            *("found_at", "settled_at", "undo_until", "transitions", "lines"),
        )
        read_only_fields = fields

    def get_names(self, pair) -> list[str]:
        user = self.context["request"].user
        return [client.name_for(user) for client in (pair.one, pair.other)]

    def get_branches(self, pair) -> list[str]:
        return [pair.one.branch.code, pair.other.branch.code]

    def get_transitions(self, pair) -> list[str]:
        return [name for name, step in TRANSITIONS.items() if step.allows(pair.state) and name != "merge"]

    def get_lines(self, pair) -> list[dict]:
        if self.context.get("view") is None or self.context["view"].action == "list":
            return []
        page = compare.page(pair, self.context["request"].user)
        return LineSerializer(page["lines"], many=True).data


class KeepSerializer(serializers.Serializer):
    keep = serializers.DictField(child=serializers.ChoiceField(choices=["winner", "loser"]), required=False)


class NoteSerializer(serializers.Serializer):
    note = serializers.CharField(max_length=300)


class DuplicateViewSet(
    ActionMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Pairs with a person of one's branches: list, compare, confirm, dismiss, undo."""

    serializer_class = DuplicateSerializer
    filterset_fields = ("state",)
    lookup_value_regex = NUMBER
    queryset = Duplicate.objects.none()

    def get_queryset(self):
        user = self.request.user
        permissions.require(user, Permission.MERGE_CLIENTS)
        rows = Duplicate.objects.visible_to(user).select_related("one__branch", "other__branch")
        return rows.prefetch_related("confirmations").order_by("-weight", "-pk")

    def retrieve(self, request, *args, **kwargs):
        pair = self.get_object()
        for client in (pair.one, pair.other):
            log("view", by=request.user, obj=client, fields=["compare"], request=request)
        return Response(self.get_serializer(pair).data)

    def _note(self, request):
        given = NoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data["note"]

    @extend_schema(request=KeepSerializer, responses=DuplicateSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request, pk=None):
        """One branch's word; the last one merges."""
        given = KeepSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        permissions.require(request.user, Permission.MERGE_CLIENTS)
        actions.confirm(int(pk), by=request.user, keep=given.validated_data.get("keep", {}))
        return self._answer(pk)

    @extend_schema(request=NoteSerializer, responses=DuplicateSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request, pk=None):
        """Two persons after all."""
        permissions.require(request.user, Permission.MERGE_CLIENTS)
        actions.dismiss(int(pk), by=request.user, note=self._note(request))
        return self._answer(pk)

    @extend_schema(request=NoteSerializer, responses=DuplicateSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request, pk=None):
        """Take a merge apart within its days."""
        permissions.require(request.user, Permission.MERGE_CLIENTS)
        actions.undo(int(pk), by=request.user, note=self._note(request))
        return self._answer(pk)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=False, methods=["post"], pagination_class=None, filterset_fields=None)
    def find(self, request):
        """Look for pairs now."""
        permissions.require(request.user, Permission.MERGE_CLIENTS)
        return Response(actions.find(by=request.user), status=status.HTTP_200_OK)
