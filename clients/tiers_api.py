"""Results of evaluations over the API: read only, in one's scope, names masked as everywhere."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.privacy import masks
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from . import tasks
from .actions import recompute, signing
from .models import Evaluation, EvaluationRun, RunPart
from .scoring import sql
from .scoring.rules import Move, RunKind


class PointSerializer(serializers.Serializer):
    """One indicator of a result; `points` null is "no data"."""

    dimension = serializers.CharField()
    indicator = serializers.CharField()
    source = serializers.CharField()
    points = serializers.IntegerField(allow_null=True)


class EvaluationSerializer(serializers.ModelSerializer):
    """What one run found of one client, with the points that explain it."""

    name = serializers.SerializerMethodField()
    version = serializers.CharField(source="scorecard.version", read_only=True)
    branch_code = serializers.CharField(source="branch.code", read_only=True)
    indicators = serializers.SerializerMethodField()
    short = serializers.SerializerMethodField()
    short_band = serializers.SerializerMethodField()

    class Meta:
        model = Evaluation
        fields = (
            *("client", "name", "run", "month", "version", "branch_code", "owner", "indicators", "total"),
            *("short", "short_band", "tier_before", "tier", "misses", "watched", "move", "reason"),
            *("type_before", "type", "level", "type_reason", "flags"),
        )
        read_only_fields = fields

    def get_name(self, row) -> str:
        return row.client.name_for(self.context["request"].user)

    def get_short(self, row) -> str | None:
        """What is missing to the next tier, for who looks after the client; the band for others."""
        own = row.client.is_looked_after_by(self.context["request"].user)
        return f"{row.short:.2f}" if own and row.short is not None else None

    def get_short_band(self, row) -> str:
        return masks.band_amount(row.short)

    def get_indicators(self, row) -> list[dict]:
        rows = self._indicators(row.scorecard)
        return PointSerializer(
            [{**named, "points": points} for named, points in zip(rows, row.points, strict=False)],
            many=True,
        ).data

    def _indicators(self, card):
        """Read once for each version on the page."""
        kept = self.context.setdefault("indicators", {})
        if card.pk not in kept:
            kept[card.pk] = [
                {"dimension": dimension.name, "indicator": indicator.name, "source": indicator.source}
                for dimension, indicator in sql.indicators(card)
            ]
        return kept[card.pk]


class PartSerializer(serializers.ModelSerializer):
    """One branch of a run, and what may be done with it."""

    branch_code = serializers.CharField(source="branch.code", read_only=True)
    month = serializers.DateField(source="run.month", read_only=True)
    kind = serializers.CharField(source="run.kind", read_only=True)
    version = serializers.CharField(source="run.scorecard.version", read_only=True)
    effective_on = serializers.DateField(source="run.effective_on", read_only=True)

    class Meta:
        model = RunPart
        fields = (
            *("id", "run", "month", "kind", "version", "branch", "branch_code", "state", "clients"),
            *("effective_on", "computed_at", "upgraded_at", "signed_at", "signed_by", "opinion"),
        )
        read_only_fields = fields


class OpinionSerializer(serializers.Serializer):
    opinion = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class RunSerializer(serializers.Serializer):
    run = serializers.IntegerField(min_value=1, max_value=2**62)


class PartViewSet(ActionMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Branches of evaluations in one's scope: sign one, or send it back until its data are right."""

    serializer_class = PartSerializer
    filterset_fields = ("run", "branch", "state")
    lookup_value_regex = NUMBER
    queryset = RunPart.objects.none()

    def get_queryset(self):
        permissions.require(self.request.user, Permission.SEE_TIERS)
        rows = RunPart.objects.visible_to(self.request.user).select_related("run__scorecard", "branch")
        return rows.order_by("-run", "branch")

    def _opinion(self, request):
        given = OpinionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data["opinion"]

    @extend_schema(request=OpinionSerializer, responses=PartSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request, pk=None):
        """What the run found of this branch takes effect."""
        signing.sign(int(pk), by=request.user, opinion=self._opinion(request))
        return self._answer(pk)

    @extend_schema(request=OpinionSerializer, responses=PartSerializer)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request, pk=None):
        """Its data are wrong, `opinion` says how: it waits until they are right."""
        recompute.send_back(int(pk), by=request.user, why=self._opinion(request))
        return self._answer(pk)

    @extend_schema(request=None, responses=PartSerializer)
    @action(detail=True, methods=["post"])
    def recompute(self, request, pk=None):
        """The data of what was sent back are right: its results are thrown away and computed anew."""
        tasks.queue_on_commit(recompute.again(int(pk), by=request.user))
        return self._answer(pk)

    @extend_schema(request=RunSerializer, responses=RunSerializer)
    @action(detail=False, methods=["post"], url_path="recompute-sent-back")
    def recompute_sent_back(self, request):
        """The same for every branch of a run that was sent back, by who loads the files."""
        given = RunSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run = recompute.all_again(given.validated_data["run"], by=request.user)
        tasks.queue_on_commit(run)
        return Response(RunSerializer({"run": run.pk}).data)


class EvaluationFilter(filters.FilterSet):
    """By client, run, branch, move; without a run the newest one over the whole base."""

    move = filters.ChoiceFilter(choices=Move.choices)
    client = filters.NumberFilter(min_value=1, max_value=2**62)
    run = filters.NumberFilter(min_value=1, max_value=2**62)

    class Meta:
        model = Evaluation
        fields = ("client", "run", "branch", "owner", "move", "tier")


class EvaluationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Results in one's scope; ask for a client to see its months, or for a run to see its branch."""

    serializer_class = EvaluationSerializer
    filterset_class = EvaluationFilter
    queryset = Evaluation.objects.none()

    def get_queryset(self):
        user = self.request.user
        permissions.require(user, Permission.SEE_TIERS)
        rows = Evaluation.objects.visible_to(user).open_to(user)
        rows = rows.select_related("client", "branch", "scorecard")
        query = self.request.query_params
        if not query.get("client") and not query.get("run"):
            newest = EvaluationRun.objects.exclude(kind=RunKind.EVENT).order_by("-month").first()
            rows = rows.filter(run=newest, month=newest.month) if newest else rows.none()
        return rows.order_by("-month", "-run_id", "client_id")
