"""Which files a complaint's record takes: told by their content, not by their name."""

import io
import zipfile
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from rmflow.privacy import normal
from rmflow.workflow import Refused

#: Kind → (endings, media type). What a browser may run (HTML, SVG) is none of them.
KINDS = {
    "pdf": (("pdf",), "application/pdf"),
    "png": (("png",), "image/png"),
    "jpg": (("jpg", "jpeg"), "image/jpeg"),
    "docx": (("docx",), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": (("xlsx",), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "mp3": (("mp3",), "audio/mpeg"),
    "wav": (("wav",), "audio/wav"),
    "m4a": (("m4a",), "audio/mp4"),
}
SIGNS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
NAME_LENGTH = 100


def plain_name(name: str) -> str:
    """The last part of a name, harmless: `../../x` is x. It is shown, never used as a path."""
    last = PurePosixPath(str(name or "").replace("\\", "/")).name.strip(". ")
    clean = normal.line(last[-NAME_LENGTH:], NAME_LENGTH, _("At most {n} characters."))
    return clean or _("file")


def kind_of(name: str, content: bytes) -> str:
    """The kind of a file when its ending and its content agree; refused else."""
    found = _by_content(content)
    ending = PurePosixPath(plain_name(name)).suffix.lstrip(".").lower()
    if found is None or ending not in KINDS[found][0]:
        raise Refused(
            _(
                "Only PDF, PNG, JPG, DOCX, XLSX, MP3, WAV and M4A are taken, and the content must match the name."
            ),
            field="file",
        )
    return found


def _by_content(content):
    for kind, sign in SIGNS.items():
        if content.startswith(sign):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "wav"
    if content[:3] == b"ID3" or content[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "mp3"
    if content[4:8] == b"ftyp" and content[8:11] == b"M4A":
        return "m4a"
    return _office(content) if content[:4] == b"PK\x03\x04" else None


def _office(content):
    try:
        names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    if any("vbaProject" in name for name in names):
        return None  # macros
    return "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else None
