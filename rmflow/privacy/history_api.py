"""The change history over the API: the same filters, the same names, no more values than the page."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .history_forms import HistoryFilter
from .history_views import read


class ChangedFieldSerializer(serializers.Serializer):
    """A changed field; values only of states, days, branches and staff."""

    field = serializers.CharField()
    label = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class ChangeSerializer(serializers.Serializer):
    """One change of one record."""

    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    what = serializers.ChoiceField(["insert", "update", "delete"])
    record = serializers.CharField()
    who = serializers.CharField()
    occasion = serializers.CharField()
    parts = ChangedFieldSerializer(many=True)


class ChangesView(APIView):
    """Changes of one kind of record, the newest first."""

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", OpenApiTypes.STR, description="Such as clients.client"),
            OpenApiParameter("first", OpenApiTypes.DATE),
            OpenApiParameter("last", OpenApiTypes.DATE),
            OpenApiParameter("employee", OpenApiTypes.STR, description="Employee number"),
            OpenApiParameter("record", OpenApiTypes.STR, description="The record's number"),
            OpenApiParameter("before", OpenApiTypes.INT, description="`next` of the piece before"),
        ],
        responses=inline_serializer(
            "Changes",
            {"next": serializers.IntegerField(allow_null=True), "results": ChangeSerializer(many=True)},
        ),
    )
    def get(self, request):
        permissions.require(request.user, Permission.AUDIT)
        form = HistoryFilter.asked(request.query_params)
        if not form.is_valid():
            raise ValidationError(form.errors)
        found, after = read(form, request)
        return Response({"next": after, "results": ChangeSerializer(found, many=True).data})
