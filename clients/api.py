"""Clients over the API: read only and masked; a phone or an ID number never leaves by this door."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from rmflow.doors.api import NUMBER
from rmflow.privacy.actions import log
from rmflow.workdays.actions import custody

from .models import Client
from .profile_api import ProfileSerializer, answer, profile_of
from .rules import ClientType
from .search import find_on_record


class ClientSerializer(serializers.ModelSerializer):
    """A person as the reader may see one."""

    name = serializers.SerializerMethodField()
    phone = serializers.CharField(source="masked_phone", read_only=True)
    owner_name = serializers.CharField(source="owner.name", read_only=True, default="")
    branch_code = serializers.CharField(source="branch.code", read_only=True)

    class Meta:
        model = Client
        fields = (
            "id",
            "customer_no",
            "name",
            "salutation",
            "phone",
            "type",
            "level",
            "owner",
            "owner_name",
            "branch_code",
            "do_not_contact",
            "created_at",
        )
        read_only_fields = fields

    def get_name(self, client) -> str:
        return client.name_for(self.context["request"].user)


class SearchSerializer(serializers.Serializer):
    q = serializers.CharField(max_length=60)


class ClientFilter(filters.FilterSet):
    type = filters.ChoiceFilter(choices=ClientType)

    class Meta:
        model = Client
        fields = ("type", "level", "owner", "branch")


class ClientViewSet(viewsets.ReadOnlyModelViewSet):
    """Clients in one's scope, masked; each reading of one is logged."""

    serializer_class = ClientSerializer
    filterset_class = ClientFilter
    lookup_value_regex = NUMBER
    queryset = Client.objects.none()

    def get_queryset(self):
        return (
            Client.objects.visible_to(self.request.user)
            .select_related("owner", "branch")
            .order_by("pinyin", "pk")
        )

    def retrieve(self, request, *args, **kwargs):
        standing = Client.objects.who_took(kwargs["pk"])
        if standing and self.get_queryset().filter(pk=standing).exists():
            return redirect("client-detail", standing)
        client = self.get_object()
        log("view", by=request.user, obj=client, fields=["masked"], request=request)
        return Response(self.get_serializer(client).data)

    @extend_schema(responses=ProfileSerializer)
    @action(detail=True, methods=["get"], filterset_class=None)
    def profile(self, request, pk=None):
        """The archive as the reader may see it: four feature groups, completeness, what to ask next."""
        record = profile_of(self.get_object().pk, request.user)
        if record.closed:
            raise PermissionDenied(_("This archive is kept to its managers."))
        custody.require_readable(record.client.branch_id)
        log("view", by=request.user, obj=record.client, fields=["profile"], request=request)
        return Response(ProfileSerializer(answer(record)).data)

    @extend_schema(request=SearchSerializer, responses=ClientSerializer(many=True))
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def search(self, request):
        """Find by number, name, pinyin initials or phone; posted, so that no number stands in a log."""
        serializer = SearchSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        rows = find_on_record(request.user, serializer.validated_data["q"], limit=25, request=request)
        return Response(self.get_serializer(rows, many=True).data)
