"""The statistics over the API: the same questions, scopes and signature as the page (W1-12)."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from rmflow.staff.permissions import Role

from .actions import months
from .asked import Asked
from .models import MonthReport
from .rules import SourceChannel, figures
from .rules.periods import Kind
from .stats import figures as stats
from .stats import months as month_stats

#: What may be asked, by its name in the address.
VIEWS = {
    "total": lambda question: [stats.total(question)],
    "employees": lambda question: figures.ranked(stats.by_employee(question)),
    "roles": stats.by_role,
    "channels": stats.by_channel,
    "hours": stats.by_hour,
    "heat": stats.by_weekday_and_hour,
    "days": stats.by_day,
    "months": stats.by_month,
    "branches": lambda question: figures.ranked(stats.by_branch(question)),
    "regions": stats.by_region,
    "cohorts": stats.cohorts,
}
#: What a signed month keeps of them; the others are counted as they stand.
KEPT = {
    "total": lambda shown: [shown["total"]],
    "employees": lambda shown: figures.ranked(shown["employees"]),
    "roles": lambda shown: shown["roles"],
    "channels": lambda shown: shown["channels"],
    "hours": lambda shown: shown["hours"],
    "heat": lambda shown: shown["heat"],
    "days": lambda shown: shown["dates"],
    "cohorts": lambda shown: shown["cohorts"],
}
ASKED = [
    OpenApiParameter("kind", OpenApiTypes.STR, enum=Kind.values),
    OpenApiParameter("day", OpenApiTypes.DATE, description="Any day of the period"),
    OpenApiParameter("first", OpenApiTypes.DATE, description="Of a range"),
    OpenApiParameter("last", OpenApiTypes.DATE, description="Of a range"),
    OpenApiParameter("branch", OpenApiTypes.INT),
    OpenApiParameter("role", OpenApiTypes.STR, enum=Role.values),
    OpenApiParameter("channel", OpenApiTypes.STR, enum=SourceChannel.values),
    OpenApiParameter("employee", OpenApiTypes.INT),
    OpenApiParameter("region", OpenApiTypes.INT),
]
ANSWER = inline_serializer(
    "Statistics",
    {
        "first": serializers.DateField(),
        "last": serializers.DateField(),
        "signed": serializers.BooleanField(help_text="Whether these are the figures the head signed"),
        "unlocked": serializers.ListField(child=serializers.DictField()),
        "rows": serializers.ListField(child=serializers.DictField()),
    },
)


class StatisticsView(APIView):
    """Figures of a period; only locked days count, unlocked ones are named."""

    @extend_schema(
        parameters=[
            OpenApiParameter("view", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(VIEWS)),
            *ASKED,
        ],
        responses={200: ANSWER},
    )
    def get(self, request, view):
        asked = Asked(request.user, request.query_params)
        if asked.error:
            raise ValidationError({"last": [str(asked.error)]})
        if view not in VIEWS:
            raise MonthReport.DoesNotExist
        signed = asked.frozen is not None and view in KEPT
        shown = month_stats.read(asked.frozen) if signed else None
        rows = KEPT[view](shown) if signed else VIEWS[view](asked.question)
        for row in rows:
            row.update(figures.rates(row))
            row.pop("score", None)
        days = [
            {"date": day["date"], "branch": day["branch__name"]}
            for day in (shown["days"] if signed else stats.days(asked.question))
            if not day["closed_at"]
        ]
        span = {"first": asked.period.first, "last": asked.period.last}
        return Response({**span, "signed": signed, "unlocked": days, "rows": rows})


class MonthSignView(APIView):
    """The head's signature under a month's table."""

    @extend_schema(
        request=inline_serializer("MonthSign", {"digest": serializers.CharField(max_length=64)}),
        responses={200: inline_serializer("MonthSigned", {"state": serializers.CharField()})},
    )
    def post(self, request, pk):
        digest = request.data.get("digest", "") if isinstance(request.data, dict) else ""
        if not isinstance(digest, str):
            raise ValidationError({"digest": ["Not a valid string."]})
        report = months.sign(pk, by=request.user, digest=digest)
        return Response({"state": report.state})
