"""Sort and search keys of Chinese names: 单小明 → "shanxiaoming", initials "sxm" (B-16).

PostgreSQL here has no Chinese collation, so the key is stored beside the name.
"""

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from rmflow.privacy.masks import COMPOUND_SURNAMES

#: Surnames read otherwise than the dictionary's first reading.
SURNAME_READINGS = {
    "单": "shan",
    "解": "xie",
    "仇": "qiu",
    "区": "ou",
    "查": "zha",
    "任": "ren",
    "朴": "piao",
    "盖": "ge",
    "缪": "miao",
    "曾": "zeng",
    "秘": "bi",
    "员": "yun",
    "华": "hua",
    "覃": "qin",
    "召": "shao",
    "尉迟": "yuchi",
    "万俟": "moqi",
    "长孙": "zhangsun",
}
_BETWEEN = re.compile(r"[\s·•.]+")  # parts of names that are not Chinese: 阿卜杜拉·买买提, J. Smith
#: The same, a syllable a character, for initials.
_SPLIT = {"yuchi": ("yu", "chi"), "moqi": ("mo", "qi"), "zhangsun": ("zhang", "sun")}


def surname(name: str) -> str:
    """The surname: two (or four) characters when they are one, else the first; "" for no name."""
    return next(
        (name[:n] for n in (4, 2) if len(name) > n and name[:n] in COMPOUND_SURNAMES),
        name[:1],
    )


def syllables(name: str) -> tuple[str, ...]:
    """The reading of a name, a syllable a character, lower case, the surname read as a surname."""
    family = "" if name[:1].isascii() else surname(name)
    return _family(family) + _read(name[len(family) :])


@lru_cache(maxsize=8192)
def _family(family):
    reading = SURNAME_READINGS.get(family)
    if reading is None:
        return _read(family)
    return _SPLIT.get(reading, (reading,))


@lru_cache(maxsize=65536)
def _read(text):
    """Kept by surname and by given name apart: an import meets the same ones again and again."""
    read = " ".join(lazy_pinyin(text, style=Style.NORMAL)).lower()
    return tuple(_BETWEEN.sub(" ", read).split())


def sort_key(name: str) -> str:
    """Pinyin to sort and search by, at most 80 characters: 欧阳小明 → "ouyangxiaoming"."""
    return "".join(syllables(name))[:80]


def initials(name: str) -> str:
    """First letters, at most 20: 张三 → "zs"."""
    return "".join(part[0] for part in syllables(name))[:20]
