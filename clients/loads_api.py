"""Loads over the API: send a file, by which map it is read, its history, undo. No client data leaves here."""

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.response import Response

from rmflow.doors.api import NUMBER
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from . import tasks
from .actions import drop, loads
from .importing import FileFault
from .models import FileLoad


class FileLoadSerializer(serializers.ModelSerializer):
    """One file and what it did."""

    progress = serializers.SerializerMethodField()

    class Meta:
        model = FileLoad
        fields = (
            *("id", "kind", "name", "sha256", "size", "source", "map_name", "state", "fault", "rows", "new"),
            *(
                "changed",
                "unchanged",
                "refused",
                "more",
                "month",
                "at",
                "finished_at",
                "undone_at",
                "progress",
            ),
        )
        read_only_fields = fields

    def get_progress(self, load) -> int | None:
        found = drop.progress_of(load.pk)
        return found[2] if found else None


class UploadSerializer(serializers.Serializer):
    """A file; with a saved or shipped map it is loaded, without one it waits for its preview."""

    file = serializers.FileField()
    map = serializers.CharField(required=False, max_length=80)


class FileLoadViewSet(viewsets.ReadOnlyModelViewSet):
    """The file drop for machines of the bank."""

    serializer_class = FileLoadSerializer
    lookup_value_regex = NUMBER
    queryset = FileLoad.objects.none()
    filterset_fields = ("kind", "state")
    parser_classes = (MultiPartParser, JSONParser)

    def get_queryset(self):
        permissions.require(self.request.user, Permission.LOAD_FILES)
        return FileLoad.objects.order_by("-pk")

    @extend_schema(request=UploadSerializer, responses={201: FileLoadSerializer})
    def create(self, request):
        """Send a file."""
        permissions.require(request.user, Permission.LOAD_FILES)
        serializer = UploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        body = drop.map_named(serializer.validated_data.get("map", ""))
        load = drop.receive(serializer.validated_data["file"], by=request.user)
        if body is not None:
            try:
                with transaction.atomic():
                    drop.choose(
                        load.pk, by=request.user, body=body, map_name=serializer.validated_data["map"]
                    )
                    drop.begin(load.pk, by=request.user)
            except FileFault as fault:
                raise Refused(str(fault), field="map") from None
            tasks.load_file.delay_on_commit(load.pk)
        return Response(self.get_serializer(self.get_queryset().get(pk=load.pk)).data, status=201)

    @extend_schema(request=None, responses=FileLoadSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request, pk=None):
        """Take back the last load of its kind."""
        loads.undo(int(pk), by=request.user)
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data)
