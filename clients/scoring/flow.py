"""Where the tiers of a run come from and go to, as bands between two columns: coordinates for an SVG."""

from math import sqrt

from django.utils.translation import gettext as _

from .words import name

WIDTH, HEIGHT, GAP = 640, 300, 8
LEFT, RIGHT, POST = 96, 532, 12  # where the columns stand, and how wide their posts are
LEAST = 1.6  # px of a band of one client


def flow_picture(picture, link=None):
    """Posts and bands, the highest tier on top; None for an empty base."""
    cells = {pair: n for pair, n in picture.matrix().items() if n}
    if not cells:
        return None
    codes = [code for code in picture.codes if any(code in pair for pair in cells)]
    free = HEIGHT - GAP * (len(codes) - 1)
    # By the square root: in a bank nearly all stay, and it is the others one looks for.
    scale = free / max(sum(sqrt(n) for n in cells.values()), 1)
    thick = {pair: max(LEAST, sqrt(n) * scale) for pair, n in cells.items()}
    left = _column(codes, {c: sum(t for (a, _b), t in thick.items() if a == c) for c in codes})
    right = _column(codes, {c: sum(t for (_a, b), t in thick.items() if b == c) for c in codes})
    return {
        "width": WIDTH,
        "height": round(max(left["end"], right["end"]) + 4),
        "posts": [
            *_posts(picture, codes, left, LEFT - POST, LEFT - POST - 6, "end", _sums(cells, 0)),
            *_posts(picture, codes, right, RIGHT, RIGHT + POST + 6, "start", _sums(cells, 1)),
        ],
        "bands": _bands(picture, codes, cells, thick, left, right, link),
    }


def _sums(cells, side):
    found = {}
    for pair, n in cells.items():
        found[pair[side]] = found.get(pair[side], 0) + n
    return found


def _column(codes, heights):
    """Where each post begins, and where the column ends."""
    tops, y = {}, 0.0
    for code in codes:
        tops[code] = y
        y += max(heights[code], LEAST) + GAP
    return {"top": tops, "height": heights, "end": y - GAP}


def _posts(picture, codes, column, x, text_x, anchor, counts):
    return [
        {
            "x": x,
            "y": f"{column['top'][code]:.1f}",
            "width": POST,
            "height": f"{column['height'][code]:.1f}",
            "text_x": text_x,
            "text_y": f"{column['top'][code] + max(column['height'][code], 12) / 2 + 4:.1f}",
            "anchor": anchor,
            "name": name(picture, code),
            "count": f"{counts[code]:,}",
        }
        for code in codes
        if counts.get(code)
    ]


def _bands(picture, codes, cells, thick, left, right, link):
    """Bands in the order of the posts, so that none crosses more than it has to; who stays lies below."""
    rank = {code: -place for place, code in enumerate(picture.codes)}
    out, into, bands = dict(left["top"]), dict(right["top"]), []
    for row in codes:
        for column in codes:
            n = cells.get((row, column))
            if not n:
                continue
            height = thick[row, column]
            way = "same" if row == column else "up" if rank[column] > rank[row] else "down"
            bands.append(
                {
                    "way": way,
                    "d": _path(out[row], into[column], height),
                    "title": _("{before} → {after}: {n}").format(
                        before=name(picture, row), after=name(picture, column), n=f"{n:,}"
                    ),
                    "url": link(**{"from": row or "-", "to": column or "-"}) if link else "",
                }
            )
            out[row] += height
            into[column] += height
    return sorted(bands, key=lambda band: band["way"] != "same")


def _path(y, to, height):
    """A band from the left post to the right one, drawn as one closed curve."""
    middle = (LEFT + RIGHT) / 2
    return (
        f"M{LEFT},{y:.1f} C{middle:.0f},{y:.1f} {middle:.0f},{to:.1f} {RIGHT},{to:.1f}"
        f" V{to + height:.1f} C{middle:.0f},{to + height:.1f} {middle:.0f},{y + height:.1f} {LEFT},{y + height:.1f} Z"
    )
