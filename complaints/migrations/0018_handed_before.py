"""Which set took which record before a record knew it, and where an improvement's line on a plan leads."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import TruncMonth


def fill(apps, _editor):
    closures = apps.get_model("complaints", "Closure").objects
    months = apps.get_model("complaints", "ClosureMonth").objects
    own = months.filter(branch=OuterRef("branch"), month=OuterRef("of"), handed_at__gte=OuterRef("ended_at"))
    ended = closures.filter(state="ended").annotate(of=TruncMonth("found_on"))
    ended = ended.annotate(set=Subquery(own.values("pk")[:1])).filter(set__isnull=False)
    ended.update(handed_id=F("set"))
    plans = apps.get_model("followups", "PlanItem").objects
    for pk in apps.get_model("complaints", "Improvement").objects.filter(done_at=None).values_list("pk", flat=True):
        plans.filter(source_key=f"improvement:{pk}").update(link=f"/complaints/improvements/{pk}/")


class Migration(migrations.Migration):

    dependencies = [("complaints", "0017_handed_with")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
