"""A picture of a run in words and widths: what the page's tables show."""

from collections import Counter
from decimal import ROUND_UP, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from . import stats
from .rules import Move

WAN = 10_000


def wan(amount):
    """1.2 (in 10,000 yuan), with thousands separators."""
    return f"{amount / WAN:,.1f}"


def lacking(amount):
    """What is missing, rounded up: a few yuan short is never "0.0 short"."""
    return f"{(Decimal(amount) / WAN).quantize(Decimal('0.1'), ROUND_UP):,}"


def share(part, whole):
    return f"{100 * part / whole:.1f}%" if whole else "–"


def tiles(picture, run):
    """Up, down, watched, stays, set by hand, conflicts."""
    moves, total = picture.moves(), picture.total
    up, down, watch = moves[Move.UP] + moves[Move.NEW], moves[Move.DOWN], moves[Move.WATCH]

    def of(n):
        return _("{share} of all").format(share=share(n, total))

    first = _("{n} first tiers").format(n=moves[Move.NEW]) if moves[Move.NEW] else of(up)
    fresh = _("{n} of them new").format(n=picture.sums("newly_watched"))
    return [
        {"label": pgettext("tier", "Up"), "icon": "arrow-up", "figure": f"{up:,}", "note": first},
        {"label": pgettext("tier", "Down"), "icon": "arrow-down", "figure": f"{down:,}", "note": of(down)},
        {"label": pgettext("tier", "Watched"), "icon": "eye", "figure": f"{watch:,}", "note": fresh},
        {
            "label": pgettext("tier", "Stays"),
            "icon": "equal",
            "figure": f"{moves[Move.STAY]:,}",
            "note": of(moves[Move.STAY]),
        },
        {
            "label": _("Type changes"),
            "icon": "category",
            "figure": f"{picture.sums('types'):,}",
            "note": _("{n} set by hand").format(n=picture.sums("overrides")),
        },
        {
            "label": _("Conflicts"),
            "icon": "message-exclamation",
            "figure": f"{picture.sums('conflicts'):,}",
            "note": _("with a manager's verdict"),
        },
    ]


def matrix(picture, link=None):
    """Lines of the migration matrix, highest tier first, with totals and the net change."""
    codes, cells = picture.codes, picture.matrix()
    rank = {code: -place for place, code in enumerate(codes)}
    before = {code: sum(cells[code, other] for other in codes) for code in codes}
    after = {code: sum(cells[other, code] for other in codes) for code in codes}
    return {
        "heads": [name(picture, code) for code in codes],
        "lines": [
            {
                "name": name(picture, row),
                "cells": [_cell(cells[row, column], row, column, rank, link) for column in codes],
                "total": before[row],
            }
            for row in codes
        ],
        "totals": [after[code] for code in codes],
        "net": [_net(after[code] - before[code]) for code in codes],
        "total": picture.total,
    }


def _net(change):
    return f"{change:+,}".replace("-", "−") if change else "0"


def _cell(count, row, column, rank, link):
    way = "same" if row == column else "up" if rank[column] > rank[row] else "down"
    url = link(**{"from": row or "-", "to": column or "-"}) if link and count else ""
    return {"count": count, "way": way, "url": url}


def name(picture, code):
    return picture.names.get(code, code) or _("No tier yet")


def flows(picture, link=None):
    """Every move between two tiers as a bar, the largest first within up and down."""
    codes, cells = picture.codes, picture.matrix()
    rank = {code: -place for place, code in enumerate(codes)}
    moves = [(n, row, column) for (row, column), n in cells.items() if row != column and n]
    most = max((n for n, _row, _column in moves), default=1)
    moves.sort(key=lambda move: (rank[move[2]] < rank[move[1]], -move[0]))
    return [
        {
            "before": name(picture, row),
            "after": name(picture, column),
            "up": rank[column] > rank[row],
            "count": n,
            "width": max(1, round(100 * n / most)),
            "url": link(**{"from": row or "-", "to": column or "-"}) if link else "",
        }
        for n, row, column in moves
    ]


def reasons(picture):
    """Why, for those who go up and down."""
    groups = (
        (pgettext("tier", "Up"), (Move.UP, Move.NEW)),
        (pgettext("tier", "Down"), (Move.DOWN,)),
        (pgettext("tier", "Watched"), (Move.WATCH,)),
    )
    found = [(label, picture.reasons(*moves)) for label, moves in groups]
    most = max((n for _label, rows in found for _reason, n in rows), default=1)
    return [
        {
            "label": label,
            "total": sum(n for _reason, n in rows),
            "rows": [
                {"label": reason.label, "count": n, "width": max(1, round(100 * n / most))}
                for reason, n in rows
            ],
        }
        for label, rows in found
        if rows
    ]


def lists(picture, link, which):
    """The tabs over the rows."""
    moves = picture.moves()
    counts = {
        "up": (pgettext("tier", "Up"), moves[Move.UP] + moves[Move.NEW]),
        "down": (pgettext("tier", "Down"), moves[Move.DOWN]),
        "watch": (pgettext("tier", "Watched"), moves[Move.WATCH]),
        "near": (_("Near the threshold"), picture.sums("near")),
        "conflict": (_("Conflicts"), picture.sums("conflicts")),
    }
    return [
        {"label": label, "count": f"{n:,}", "url": link(list=key), "current": which == key}
        for key, (label, n) in counts.items()
    ]


def counts(row):
    """Clients, up, down, watched, near of one branch or manager."""
    return {
        "clients": row["clients"],
        "up": row[Move.UP] + row[Move.NEW],
        "down": row[Move.DOWN],
        "watch": row[Move.WATCH],
        "near": row["near"],
    }


def manager_lines(by, link):
    """A row per manager of one branch, the pool of those without one last, and the total."""
    names = stats.people(by)
    order = sorted(by, key=lambda pk: (pk is None, -by[pk]["clients"]))
    lines = [
        {
            "key": str(pk or "none"),
            "name": names.get(pk) or _("Nobody's clients"),
            "url": link(pk),
            **counts(by[pk]),
        }
        for pk in order
    ]
    return {"lines": lines, "total": counts(sum(by.values(), start=Counter()))}
