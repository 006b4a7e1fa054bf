"""A client's archive over the API: read only, masked, in codes and words as on the page."""

from rest_framework import serializers

from rmflow.workdays import clock

from .models import Client
from .sheet.groups import GROUPS, complete
from .sheet.record import Record


class LineSerializer(serializers.Serializer):
    """One line of the record form."""

    label = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    masked = serializers.BooleanField()


class ProfileSerializer(serializers.Serializer):
    """The four feature groups and the keeper's part, each a list of lines; what to ask next."""

    completeness = serializers.IntegerField()
    ask_next = serializers.ListField(child=serializers.CharField())
    basic = LineSerializer(many=True)
    buying = LineSerializer(many=True)
    account = LineSerializer(many=True)
    needs = LineSerializer(many=True)
    admin = LineSerializer(many=True)


def profile_of(pk, user):
    """The record as `user` may read it; the secrecy of the archive holds here too."""
    rows = Client.objects.visible_to(user).select_related(
        *("owner", "backup", "branch", "introducer", "household"),
        *("archive__opened_by", "profile__updated_by"),
    )
    return Record(rows.get(pk=pk), user, today=clock.today())


def answer(record):
    """What the serializer writes."""
    told = complete(record)
    groups = {
        key: [
            {"label": str(line.label), "value": line.value, "masked": bool(line.field)}
            for line in lines(record)
        ]
        for key, (_title, lines) in GROUPS.items()
    }
    return {
        "completeness": told.percent,
        "ask_next": [str(item.ask) for item in told.prompts],
        **groups,
    }
