"""Complaint files past their time over the API: the same list and the same proposal as the page (B-13)."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response

from clients.custody_rules import BATCH_MOST
from rmflow.doors import idempotency
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .actions import complaint_destroy
from .models import Complaint


class ComplaintFileSerializer(serializers.ModelSerializer):
    """Numbers and days; no word of the complaint."""

    branch_code = serializers.CharField(source="branch.code", read_only=True)

    class Meta:
        model = Complaint
        fields = ("id", "number", "archive_no", "branch_code", "received_at", "over_at", "keep_until")
        read_only_fields = fields


class ProposeFilesSerializer(serializers.Serializer):
    complaints = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=BATCH_MOST
    )
    reason = serializers.CharField(max_length=300)


class ListedSerializer(serializers.Serializer):
    """The list of destruction that was made."""

    id = serializers.IntegerField()
    number = serializers.CharField()


class ComplaintFileViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Files that are due in the branches whose register one reads; a POST proposes a list."""

    serializer_class = ComplaintFileSerializer
    queryset = Complaint.objects.none()

    def get_queryset(self):
        permissions.require(self.request.user, Permission.QUERY_ARCHIVE)
        rows = complaint_destroy.due(self.request.user, clock.today()).select_related("branch")
        return rows.order_by("keep_until", "pk")

    @extend_schema(request=ProposeFilesSerializer, responses={201: ListedSerializer})
    def create(self, request):
        """Propose a list at the branch one works in; it goes on under /destructions/."""
        user = request.user
        permissions.require(user, Permission.DESTROY_ARCHIVE)
        serializer = ProposeFilesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        if user.branch is None:
            raise Refused(_("You have no branch today; ask the administrator."))

        def produce():
            batch = complaint_destroy.propose(
                user.branch, by=user, complaint_ids=data["complaints"], reason=data["reason"]
            )
            return 201, {"id": batch.pk, "number": batch.number}

        status, kept = idempotency.once(user, idempotency.key_of(request), request.data, produce)
        return Response(kept, status=status)
