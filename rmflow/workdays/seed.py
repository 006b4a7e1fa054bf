"""The calendar the product ships with: baked tables, so that no library is asked at run time.

`data/calendar.csv` holds 2004-2026 as announced (made from the package chinesecalendar 1.11.0, equal to
it for every day, see tests) and the statutory days of 2027 and 2028 with the rest due for those that
fall on weekends (domain-rules §6.2), until the notices are imported.
"""

import csv
import datetime
from pathlib import Path

DATA = Path(__file__).parent / "data"


def read(name: str) -> list[dict[str, str]]:
    """The rows of one baked table."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plant(year_model, day_model) -> int:
    """Write the years that have no row yet, with their days; returns how many. Repeat-safe."""
    known = set(year_model.objects.values_list("year", flat=True))
    years = [row for row in read("years.csv") if int(row["year"]) not in known]
    fresh = {row["year"] for row in years}
    year_model.objects.bulk_create(
        year_model(year=int(row["year"]), state=row["state"], notice_no=row["notice_no"]) for row in years
    )
    day_model.objects.bulk_create(
        day_model(
            date=datetime.date.fromisoformat(row["date"]),
            year_id=int(row["date"][:4]),
            kind=row["kind"],
            label=row["label"],
        )
        for row in read("calendar.csv")
        if row["date"][:4] in fresh
    )
    return len(years)
