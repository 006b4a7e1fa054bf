"""The archive register over the API: the screens' actions, scopes and errors."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from rmflow.doors import idempotency
from rmflow.doors.api import NUMBER, ActionMixin
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, scope

from .actions import custody, destruction, holds, lending
from .custody_rules import (
    DESTRUCTION_TRANSITIONS,
    FILE_TRANSITIONS,
    HOLDS_BY_HAND,
    LOAN_TRANSITIONS,
    FileState,
    LoanState,
)
from .models import Archive, CustodyEvent, Destruction, DestructionItem, Loan

TEXT = 300
USER = {"min_value": 1, "max_value": 2**62}


def may(transitions, row, branch, user):
    """The names of the steps `user` may take with `row` now."""
    return [
        name
        for name, arrow in transitions.items()
        if arrow.permission and arrow.allows(row.state) and scope(user, arrow.permission).covers(branch)
    ]


class Steps(ActionMixin):
    """Act once per `Idempotency-Key`, answer with the row as it stands."""

    def _do(self, call, status=200):
        """`call` returns the row; the answer holds its number only, so that it may be kept."""
        user, key = self.request.user, idempotency.key_of(self.request)
        _status, kept = idempotency.once(user, key, self.request.data, lambda: (status, {"id": call().pk}))
        row = self.get_queryset().get(pk=kept["id"])
        return Response(self.get_serializer(row).data, status=status)


class ArchiveReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=TEXT)


class PlaceSerializer(serializers.Serializer):
    place = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=TEXT, required=False, allow_blank=True, default="")


class LendSerializer(serializers.Serializer):
    borrower = serializers.IntegerField(**USER)
    purpose = serializers.CharField(max_length=TEXT)
    due_on = serializers.DateField()


class HoldSerializer(serializers.Serializer):
    kind = serializers.ChoiceField([(kind.value, kind.label) for kind in HOLDS_BY_HAND])
    reason = serializers.CharField(max_length=TEXT)


class ArchiveSerializer(serializers.ModelSerializer):
    """One archive: number, state, place and clock; the client's name as masked as on the page."""

    name = serializers.SerializerMethodField()
    branch_code = serializers.CharField(source="branch.code", read_only=True)
    transitions = serializers.SerializerMethodField()

    class Meta:
        model = Archive
        fields = (
            *("id", "file_no", "client", "name", "branch_code", "state", "place", "opened_at", "filed_at"),
            *("checked_on", "keep_until", "destroyed_at", "transitions"),
        )
        read_only_fields = fields

    def get_name(self, archive) -> str:
        return archive.client.name_for(self.context["request"].user)

    def get_transitions(self, archive) -> list[str]:
        return may(FILE_TRANSITIONS, archive, archive.branch, self.context["request"].user)


class EventSerializer(serializers.ModelSerializer):
    """One line of the register."""

    by = serializers.CharField(source="by.name", default="", read_only=True)
    approved_by = serializers.CharField(source="approved_by.name", default="", read_only=True)

    class Meta:
        model = CustodyEvent
        fields = ("link", "name", "at", "by", "approved_by", "reason", "data")
        read_only_fields = fields


class ArchiveFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=FileState.choices)
    kept_until_before = filters.DateFilter("keep_until", "lt")

    class Meta:
        model = Archive
        fields = ("state", "branch")


class ArchiveViewSet(Steps, viewsets.ReadOnlyModelViewSet):
    """The register of one's branches."""

    serializer_class = ArchiveSerializer
    filterset_class = ArchiveFilter
    lookup_value_regex = NUMBER
    queryset = Archive.objects.none()

    def get_queryset(self):
        permissions.require(self.request.user, Permission.QUERY_ARCHIVE)
        rows = Archive.objects.visible_to(self.request.user)
        return rows.select_related("client", "branch").order_by("file_no", "pk")

    def retrieve(self, request, *args, **kwargs):
        archive = self.get_object()
        log(AccessEvent.Kind.VIEW, by=request.user, obj=archive.client, fields=["register"], request=request)
        return Response(self.get_serializer(archive).data)

    @extend_schema(responses=EventSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None)
    def events(self, request, pk=None):
        """Everything that was done with the file, newest first."""
        rows = self.get_object().events.select_related("by", "approved_by").order_by("-at", "-pk")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(EventSerializer(page, many=True).data)

    @extend_schema(request=PlaceSerializer)
    @action(detail=True, methods=["post"])
    def file(self, request, pk=None):
        """归档."""
        data = self._parsed(PlaceSerializer)
        return self._do(lambda: custody.file_archive(int(pk), by=request.user, **data))

    @extend_schema(request=PlaceSerializer)
    @action(detail=True, methods=["post"])
    def store(self, request, pk=None):
        """存放: another place, with the reason."""
        data = self._parsed(PlaceSerializer)
        return self._do(lambda: custody.store(int(pk), by=request.user, **data))

    @extend_schema(request=ArchiveReasonSerializer)
    @action(detail=True, methods=["post"])
    def papers(self, request, pk=None):
        """更新: papers were added."""
        what = self._parsed(ArchiveReasonSerializer)["reason"]
        return self._do(lambda: custody.add_papers(int(pk), by=request.user, what=what))

    @extend_schema(request=LendSerializer)
    @action(detail=True, methods=["post"])
    def lend(self, request, pk=None):
        """调阅 at the desk."""
        data = self._parsed(LendSerializer)
        borrower = User.objects.filter(pk=data.pop("borrower")).first()
        return self._do(lambda: lending.lend(int(pk), by=request.user, borrower=borrower, **data).archive)

    @extend_schema(request=HoldSerializer)
    @action(detail=True, methods=["post"])
    def hold(self, request, pk=None):
        """Put on hold by hand."""
        data = self._parsed(HoldSerializer)
        return self._do(lambda: holds.hold_by_hand(int(pk), by=request.user, **data).client.archive)


class LoanSerializer(serializers.ModelSerializer):
    file_no = serializers.CharField(source="archive.file_no", read_only=True)
    borrower_name = serializers.CharField(source="borrower.name", read_only=True)
    transitions = serializers.SerializerMethodField()

    class Meta:
        model = Loan
        fields = (
            *("id", "archive", "file_no", "borrower", "borrower_name", "purpose", "state", "asked_at"),
            *("lent_at", "due_on", "returned_at", "transitions"),
        )
        read_only_fields = fields

    def get_transitions(self, loan) -> list[str]:
        return may(LOAN_TRANSITIONS, loan, loan.archive.branch, self.context["request"].user)


class LoanStepSerializer(serializers.Serializer):
    name = serializers.ChoiceField(list(LOAN_TRANSITIONS))
    note = serializers.CharField(max_length=TEXT, required=False, allow_blank=True, default="")


class LoanFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=LoanState.choices)
    due_before = filters.DateFilter("due_on", "lt")

    class Meta:
        model = Loan
        fields = ("state", "borrower")


class LoanViewSet(Steps, viewsets.ReadOnlyModelViewSet):
    """Loans of one's branches, and one's own."""

    serializer_class = LoanSerializer
    filterset_class = LoanFilter
    lookup_value_regex = NUMBER
    queryset = Loan.objects.none()

    def get_queryset(self):
        rows = Loan.objects.visible_to(self.request.user)
        return rows.select_related("archive__branch", "borrower").order_by("-asked_at", "-pk")

    @extend_schema(request=LoanStepSerializer)
    @action(detail=True, methods=["post"])
    def transitions(self, request, pk=None):
        """Approve, refuse, hand out or take back."""
        data, user = self._parsed(LoanStepSerializer), request.user
        call = {
            "approve": lambda: lending.approve(int(pk), by=user),
            "refuse": lambda: lending.refuse(int(pk), by=user, note=data["note"]),
            "hand-out": lambda: lending.hand_out(int(pk), by=user),
            "return": lambda: lending.take_back(int(pk), by=user, note=data["note"]),
        }[data["name"]]
        return self._do(call)


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = DestructionItem
        fields = ("archive", "file_no", "opened_on", "keep_until", "state", "stop")
        read_only_fields = fields


class DestructionSerializer(serializers.ModelSerializer):
    """One list with its signatures and files."""

    branch_code = serializers.CharField(source="branch.code", read_only=True)
    items = ItemSerializer(many=True, read_only=True)
    transitions = serializers.SerializerMethodField()

    class Meta:
        model = Destruction
        fields = (
            *("id", "number", "branch_code", "state", "reason", "proposed_by", "proposed_at", "supervisor"),
            *("supervisor_at", "head", "head_at", "carried_by", "witness", "method", "done_at", "items"),
            "transitions",
        )
        read_only_fields = fields

    def get_transitions(self, batch) -> list[str]:
        user = self.context["request"].user
        names = may(DESTRUCTION_TRANSITIONS, batch, batch.branch, user)
        return [*names, "witness"] if batch.state == "underway" and batch.witness_id == user.pk else names


class ProposeSerializer(serializers.Serializer):
    archives = serializers.ListField(child=serializers.IntegerField(**USER), max_length=200)
    reason = serializers.CharField(max_length=TEXT)


class DestructionStepSerializer(serializers.Serializer):
    name = serializers.ChoiceField([*DESTRUCTION_TRANSITIONS, "refuse"])
    note = serializers.CharField(max_length=TEXT, required=False, allow_blank=True, default="")
    witness = serializers.IntegerField(required=False, allow_null=True, default=None, **USER)
    method = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class DestructionViewSet(Steps, viewsets.ReadOnlyModelViewSet):
    """Lists of one's branches, and those one is to witness."""

    serializer_class = DestructionSerializer
    lookup_value_regex = NUMBER
    queryset = Destruction.objects.none()

    def get_queryset(self):
        rows = Destruction.objects.visible_to(self.request.user)
        return rows.select_related("branch").prefetch_related("items").order_by("-pk")

    @extend_schema(request=ProposeSerializer)
    def create(self, request):
        """Propose a list at the branch one works in."""
        permissions.require(request.user, Permission.DESTROY_ARCHIVE)
        data, user = self._parsed(ProposeSerializer), request.user
        return self._do(
            lambda: destruction.propose(
                user.branch, by=user, archive_ids=data["archives"], reason=data["reason"]
            ),
            status=201,
        )

    @extend_schema(request=DestructionStepSerializer)
    @action(detail=True, methods=["post"])
    def transitions(self, request, pk=None):
        """Approve, order, refuse, withdraw, begin or witness."""
        data, user = self._parsed(DestructionStepSerializer), request.user
        call = {
            "approve": lambda: destruction.approve(int(pk), by=user),
            "order": lambda: destruction.order(int(pk), by=user),
            "refuse": lambda: destruction.refuse(int(pk), by=user, note=data["note"]),
            "withdraw": lambda: destruction.withdraw(int(pk), by=user, note=data["note"]),
            "begin": lambda: destruction.begin(
                int(pk), by=user, witness_id=data["witness"], method=data["method"]
            ),
            "witness": lambda: destruction.witness(int(pk), by=user),
        }[data["name"]]
        return self._do(call)
