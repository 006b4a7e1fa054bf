"""Segments over the API: the same definitions, checked by the same rules, counted in the reader's scope."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from rmflow.doors import idempotency
from rmflow.doors.api import NUMBER
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .actions import segments as actions
from .api import ClientSerializer
from .models import Segment
from .segments import fields, matching, rules, segment_clients
from .segments.rules import Op


class SegmentSerializer(serializers.ModelSerializer):
    """A saved filter; `conditions` as described in `clients.segments.rules`."""

    owner_name = serializers.CharField(source="owner.name", read_only=True)

    class Meta:
        model = Segment
        fields = ("id", "name", "note", "shared", "owner", "owner_name", "conditions", "changed_at")
        read_only_fields = ("id", "owner", "changed_at")
        extra_kwargs = {"conditions": {"required": True}}
        #: A name once a person: the action says it, since the owner is not among the fields.
        validators = ()


class DefinitionSerializer(serializers.Serializer):
    conditions = serializers.JSONField()


class CountSerializer(serializers.Serializer):
    count = serializers.IntegerField()


class FieldSerializer(serializers.Serializer):
    """One field that may be asked about, with its operators and codes."""

    key = serializers.CharField()
    label = serializers.CharField()
    group = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField()
    operators = serializers.ListField(child=serializers.ChoiceField(Op.choices))
    codes = serializers.DictField(child=serializers.CharField())


class SegmentViewSet(viewsets.ReadOnlyModelViewSet):
    """One's own segments and those shared in one's branches; only one's own can be changed."""

    serializer_class = SegmentSerializer
    lookup_value_regex = NUMBER
    queryset = Segment.objects.none()

    def get_queryset(self):
        permissions.require(self.request.user, Permission.USE_SEGMENTS)
        return Segment.objects.visible_to(self.request.user).select_related("owner").order_by("name", "pk")

    def _parsed(self):
        permissions.require(self.request.user, Permission.USE_SEGMENTS)
        serializer = SegmentSerializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @extend_schema(request=SegmentSerializer, responses={201: SegmentSerializer})
    def create(self, request):
        data = self._parsed()
        body = {"path": request.path, "data": request.data}
        status, answer = idempotency.once(
            request.user,
            idempotency.key_of(request),
            body,
            lambda: (201, {"id": actions.save_segment(by=request.user, **data).pk}),
        )
        return Response(self.get_serializer(self.get_queryset().get(pk=answer["id"])).data, status=status)

    @extend_schema(request=SegmentSerializer, responses=SegmentSerializer)
    def update(self, request, pk=None):
        """Change one's own segment, whole."""
        self.get_object()
        actions.save_segment(by=request.user, pk=int(pk), **self._parsed())
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request, pk=None):
        actions.delete_segment(int(pk), by=request.user)
        return Response(status=204)

    @extend_schema(request=None, responses=ClientSerializer(many=True))
    @action(detail=True, methods=["get"])
    def clients(self, request, pk=None):
        """The clients of the segment in the reader's scope, masked."""
        rows = segment_clients(self.get_object(), request.user).select_related("owner", "branch")
        page = self.paginate_queryset(rows.order_by("pinyin", "pk"))
        context = self.get_serializer_context()
        return self.get_paginated_response(ClientSerializer(page, many=True, context=context).data)

    @extend_schema(request=DefinitionSerializer, responses=CountSerializer)
    @action(detail=False, methods=["post"], pagination_class=None)
    def count(self, request):
        """How many clients a definition would find now; nothing is kept."""
        permissions.require(request.user, Permission.USE_SEGMENTS)
        serializer = DefinitionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = rules.check(serializer.validated_data["conditions"], fields.shapes(request.user))
        return Response({"count": matching(asked, request.user).count()})

    @extend_schema(request=None, responses=FieldSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def fields(self, request):
        """What may be asked about."""
        permissions.require(request.user, Permission.USE_SEGMENTS)
        rows = [
            {
                "key": key,
                "label": str(field.label),
                "group": field.group,
                "kind": field.kind.value,
                "unit": str(field.unit),
                "operators": [op.value for op in field.ops],
                "codes": {str(code): str(label) for code, label in field.options(request.user)},
            }
            for key, field in fields.offered(request.user).items()
        ]
        return Response(FieldSerializer(rows, many=True).data)
