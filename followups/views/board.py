"""The daily list: blocks, filters and figures, and which row comes next in a run."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.staff.permissions import Permission

from .. import stats
from .rows import Moment, drawn, row

BLOCKS = ("overdue", "appointments", "today", "next")
SHOWS = ("all", *BLOCKS)
PER_PAGE = 100


@dataclass
class Chosen:
    """What the address asks for: a block, a way, a page."""

    show: str = "all"
    way: str = ""
    page: str = ""

    @classmethod
    def of(cls, query):
        show = query.get("show", "all")
        return cls(show if show in SHOWS else "all", query.get("way", "")[:10], query.get("page", ""))

    def query(self, **changes):
        """The address's query with `changes`; "" when it is the plain list."""
        wanted = {"show": self.show, "way": self.way, **changes}
        wanted = {name: value for name, value in wanted.items() if value and value != "all"}
        return f"?{urlencode(wanted)}" if wanted else ""

    def fits(self, line):
        return self.show in ("all", line["block"]) and self.way in ("", line["channel"])


def titles():
    """Heads of the blocks, each with what orders it."""
    return {
        "overdue": (_("Overdue"), _("longest first")),
        "appointments": (_("Appointments today"), _("by hour")),
        "today": (_("To contact today"), _("by hour")),
        "next": (_("Next"), _("the next two working days")),
    }


class Board:
    """One manager's list as it stands now: one query whatever its length."""

    def __init__(self, user, chosen=None):
        self.moment = Moment(user)
        self.chosen = chosen or Chosen()
        items = stats.day_items(user, self.moment.today, self.moment.horizon)
        self.more = len(items) > stats.MOST_ITEMS
        lines = [row(item, self.moment) for item in items[: stats.MOST_ITEMS]]
        order = {block: place for place, block in enumerate(BLOCKS)}
        self.lines = sorted((line for line in lines if line["open"]), key=lambda line: order[line["block"]])
        self.done = [line for line in lines if not line["open"]]

    @property
    def shown(self):
        return [line for line in self.lines if self.chosen.fits(line)]

    def counts(self):
        """Open items per block, and all that is due today or before."""
        counts = dict.fromkeys(BLOCKS, 0)
        for line in self.lines:
            counts[line["block"]] += 1
        counts["due"] = len(self.lines) - counts["next"]
        counts["contacts"] = counts["overdue"] + counts["today"]
        counts["done"] = len(self.done)
        counts["whole"] = counts["due"] + counts["done"]
        return counts

    def following(self, before, order):
        """The row that opens by itself after one is settled: the next due one, round to the first left.

        `order` holds the ids as they stood before, so that the run goes on from the settled row.
        """
        due = [line for line in self.shown if line["block"] != "next"]
        if not due:
            return None
        left = {line["pk"]: line for line in due}
        after = order[order.index(before) + 1 :] if before in order else []
        return next((left[pk] for pk in after if pk in left), due[0])

    def order(self):
        return [line["pk"] for line in self.shown]

    def context(self, current=None):
        """What the page's template prints; `current` is the item whose sheet is open."""
        counts = self.counts()
        page = Paginator(self.shown, PER_PAGE).get_page(self.chosen.page)
        query = self.chosen.query()
        for line in (*page.object_list, *self.done):
            line["html"] = drawn(line, query=query, current=line["pk"] == current)
        return {
            "board": self,
            "receives": self.moment.user.has(Permission.WORK_REFERRAL),
            "counts": counts,
            "blocks": _blocks(page.object_list),
            "page": page,
            "filters": self._filters(counts),
            "ways": self._ways(),
            "query": query,
            "done": self.done,
            "day_done": bool(counts["done"]) and not counts["due"],
        }

    def _filters(self, counts):
        shown = {
            "all": pgettext("filter", "All"),
            **{name: title for name, (title, _how) in titles().items()},
        }
        shown["appointments"], shown["today"] = (
            pgettext("filter", "Appointments"),
            pgettext("filter", "Today"),
        )
        counts = {**counts, "all": len(self.lines)}
        return [
            {
                "label": label,
                "count": counts[name],
                "url": f"/today/{self.chosen.query(show=name)}",
                "current": name == self.chosen.show,
            }
            for name, label in shown.items()
            if name in ("all", self.chosen.show) or (counts[name] and name != "next")
        ]

    def _ways(self):
        """The ways that occur, for the select; one way alone needs no filter."""
        used = {line["channel"] for line in self.lines if line["channel"]}
        if len(used) < 2 and not self.chosen.way:
            return []
        words = self.moment.channels
        return [
            {"value": way, "label": label, "current": way == self.chosen.way}
            for way, label in words.items()
            if way in used or way == self.chosen.way
        ]


def _blocks(lines):
    words = titles()
    return [
        {"name": name, "title": words[name][0], "how": words[name][1], "rows": rows}
        for name in BLOCKS
        if (rows := [line for line in lines if line["block"] == name])
    ]
