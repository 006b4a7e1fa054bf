"""Improvements of one's own over the API: the same rows and the same one step as the page (W3-09)."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action

from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .actions import complaint_improve
from .models import Improvement


class ImprovementSerializer(serializers.ModelSerializer):
    """What is to be changed; of the complaint its number only."""

    complaint_number = serializers.CharField(source="complaint.number", read_only=True)
    set_by = serializers.CharField(source="by.name", read_only=True)

    class Meta:
        model = Improvement
        fields = ("id", "complaint_number", "text", "due_on", "set_by", "at", "done_at")
        read_only_fields = fields


class ImprovementViewSet(ActionMixin, viewsets.ReadOnlyModelViewSet):
    """One's own improvements, the nearest first."""

    serializer_class = ImprovementSerializer
    lookup_value_regex = NUMBER
    queryset = Improvement.objects.none()

    def get_queryset(self):
        permissions.require(self.request.user, Permission.TAKE_COMPLAINT)
        rows = Improvement.objects.owned_by(self.request.user).select_related("complaint", "by")
        return rows.order_by("due_on", "pk")

    @extend_schema(request=None, responses=ImprovementSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request, pk=None):
        """It is seen to."""
        self._once(lambda: (200, {"id": complaint_improve.finish(int(pk), by=request.user).pk}))
        return self._answer(pk)
