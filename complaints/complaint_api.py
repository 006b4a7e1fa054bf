"""Complaints over the API: list, take, read, and every step by the same table as the page."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from rmflow.doors import idempotency
from rmflow.doors.api import NUMBER
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from . import drill_filters
from .actions import complaint_take
from .complaint_steps import STEPS, open_steps
from .models import Complaint
from .rules.complaint import TEXT_LENGTH, TITLE_LENGTH, Level, Sensitivity, Way
from .rules.complaint_intake import Intake
from .stats.complaint import FACTS, drilled
from .views.complaint_list import SHOWS, shown
from .views.complaint_show import PARTS

KEY = {"min_value": 1, "max_value": 2**62, "required": False, "allow_null": True}


class ComplaintSerializer(serializers.ModelSerializer):
    """A complaint: who complains is masked; texts as on the page."""

    branch_code = serializers.CharField(source="branch.code", read_only=True)
    complainant = serializers.CharField(source="masked_name", read_only=True)
    phone = serializers.CharField(source="masked_phone", read_only=True)
    handler_name = serializers.SerializerMethodField()
    representatives = serializers.SerializerMethodField()
    channel = serializers.CharField(source="channel.code", read_only=True, default="")
    business = serializers.CharField(source="business.code", read_only=True, default="")
    cause = serializers.CharField(source="cause.code", read_only=True, default="")
    transitions = serializers.SerializerMethodField()

    class Meta:
        model = Complaint
        fields = (
            *("id", "number", "branch_code", "status", "way", "received_at", "complainant", "phone"),
            *(
                "is_premium",
                "people",
                "title",
                "request",
                "facts",
                "against",
                "channel",
                "business",
                "cause",
            ),
            *(
                "level",
                "handler",
                "handler_name",
                "upper",
                "extended",
                "law_days",
                "normal_on",
                "extended_on",
            ),
            *(
                "law_on",
                "due_on",
                "due_at",
                "ruling",
                "provisional_year",
                "promised_at",
                "replied_at",
                "finding",
            ),
            *("representatives", "sensitivity", "satisfaction", "archive_no", "keep_until", "transitions"),
        )
        read_only_fields = fields

    def get_handler_name(self, complaint) -> str:
        return complaint.handler.name if complaint.handler else ""

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_representatives(self, complaint):
        """Those who speak for a group, masked."""
        return [row.masked for row in complaint.representatives.all()]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_transitions(self, complaint):
        return open_steps(complaint, self.context["request"].user)


class RepresentativeSerializer(serializers.Serializer):
    """One who speaks for a group."""

    name = serializers.CharField(max_length=50)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class IntakeSerializer(serializers.Serializer):
    """A complaint as it is taken."""

    way = serializers.ChoiceField(Way)
    title = serializers.CharField(max_length=TITLE_LENGTH)
    request = serializers.CharField(max_length=TEXT_LENGTH)
    name = serializers.CharField(max_length=50)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    facts = serializers.CharField(max_length=TEXT_LENGTH, required=False, allow_blank=True)
    basis = serializers.CharField(max_length=500, required=False, allow_blank=True)
    against = serializers.CharField(max_length=100, required=False, allow_blank=True)
    named = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), required=False, max_length=20
    )
    branch_id = serializers.IntegerField(**KEY)
    client_id = serializers.IntegerField(**KEY)
    product_id = serializers.IntegerField(**KEY)
    received_at = serializers.DateTimeField(required=False, allow_null=True)
    level = serializers.ChoiceField(Level, required=False, default=Level.NORMAL)
    sensitivity = serializers.ListField(
        child=serializers.ChoiceField(Sensitivity), required=False, max_length=6
    )
    people = serializers.IntegerField(required=False, default=1, min_value=1, max_value=9999)
    representatives = RepresentativeSerializer(many=True, required=False)
    id_number = serializers.CharField(max_length=30, required=False, allow_blank=True)
    proxy = serializers.CharField(max_length=50, required=False, allow_blank=True)
    proxy_authorised = serializers.BooleanField(required=False, default=False)

    def intake(self):
        """What the action takes."""
        data = dict(self.validated_data)
        people = [(row["name"], row["phone"]) for row in data.pop("representatives", [])]
        return Intake(**data, representatives=people)


class ComplaintFilter(filters.FilterSet):
    """What the page's chips and drills narrow by, under the same names."""

    due_on = filters.DateFromToRangeFilter()
    show = drill_filters.one_of(SHOWS, method="by_show")
    handler = drill_filters.key()
    cause = drill_filters.key()
    business = drill_filters.key()
    channel = drill_filters.key()
    product = drill_filters.key()
    named = drill_filters.key()
    month = drill_filters.month()
    quarter = drill_filters.quarter()
    year = drill_filters.year()
    sensitivity = drill_filters.one_of(Sensitivity.values)
    fact = drill_filters.one_of(("past_law", *FACTS))

    class Meta:
        model = Complaint
        fields = ("status", "way", "level", "branch", "due_on")

    def drill(self, rows, name: str, value: str):
        return drilled(rows, {name: value})

    def by_show(self, rows, _name: str, value: str):
        return shown(rows, value, clock.now(), self.request.user)


class ComplaintViewSet(viewsets.ReadOnlyModelViewSet):
    """Complaints in one's reach; those from which one must keep out do not exist here."""

    serializer_class = ComplaintSerializer
    filterset_class = ComplaintFilter
    lookup_value_regex = NUMBER
    queryset = Complaint.objects.none()

    def get_queryset(self):
        permissions.require(self.request.user, Permission.TAKE_COMPLAINT)
        rows = Complaint.objects.visible_to(self.request.user).with_people()
        return rows.prefetch_related(*PARTS).order_by("due_at", "pk")

    def _answer(self, pk, status=200):
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:  # whoever must keep out now hears the number and nothing else
            number = Complaint.objects.values_list("number", flat=True).get(pk=pk)
            return Response({"id": int(pk), "number": number, "transitions": []}, status=status)
        return Response(self.get_serializer(found).data, status=status)

    @extend_schema(request=IntakeSerializer, responses={201: ComplaintSerializer})
    def create(self, request):
        """Take a complaint."""
        serializer = IntakeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        intake = serializer.intake()
        key = idempotency.key_of(request)
        made = complaint_take.take_once(intake, by=request.user, key=key, body=request.data)
        return self._answer(made.pk, 201)

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=ComplaintSerializer,
        parameters=[
            OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(STEPS)),
        ],
    )
    @action(detail=True, methods=["post"], url_path=r"steps/(?P<name>[^/.]+)")
    def step(self, request, pk=None, name=""):
        """Take one step; its fields are those of the page's form."""
        complaint = self.get_queryset().get(pk=pk)
        if name not in STEPS:
            raise Complaint.DoesNotExist
        step = STEPS[name]
        if not step.who(complaint, request.user):
            raise PermissionDenied(_("Your role does not allow this."))
        if not isinstance(request.data, dict):
            raise Refused(_("Send an object with the fields of the step."))
        form = step.form(request.data, complaint=complaint, user=request.user)
        if not form.is_valid():
            raise Refused.many({name: texts[0] for name, texts in form.errors.items()})
        values = form.values()

        def produce():
            step.call(complaint.pk, by=request.user, **values)
            return 200, {"id": complaint.pk}

        body = {"path": request.path, "data": request.data}
        idempotency.once(request.user, idempotency.key_of(request), body, produce)
        return self._answer(pk)
