"""Files of a complaint's record: checked, scanned, stored outside the web root under a name of our own."""

import hashlib
import os
import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from rmflow.privacy.actions import Kind, log
from rmflow.workdays import clock as bank
from rmflow.workflow import Conflict, Refused

from ..models import Attachment
from ..rules.complaint_files import kind_of, plain_name
from . import complaint_core as core
from .complaint_work import _open

MOST = 30  # files of one complaint


def attach(pk, *, by, name, file):
    """Take one uploaded file (anything with `size` and `read`) into the record."""
    if file.size > settings.COMPLAINT_FILE_LIMIT:
        limit = settings.COMPLAINT_FILE_LIMIT // (1024 * 1024)
        raise Refused(_("A file has at most {n} MB.").format(n=limit), field="file")
    content = file.read(settings.COMPLAINT_FILE_LIMIT + 1)
    if not content:
        raise Refused(_("This file is empty."), field="file")
    kind = kind_of(name, content)
    stored_as = uuid.uuid4().hex
    path = _write(stored_as, content)
    try:
        scanned = _scan(path)
        with transaction.atomic():
            complaint = core.locked(pk, by=by)
            if by.pk != complaint.taken_by_id:
                core.require_work(complaint, by=by)
            _open(complaint)
            if complaint.attachments.count() >= MOST:
                raise Refused(_("A complaint has at most {n} files.").format(n=MOST), field="file")
            row = Attachment(complaint=complaint, name=plain_name(name), kind=kind, size=len(content), by=by)
            row.digest, row.stored_as, row.scanned_at = (
                hashlib.sha256(content).hexdigest(),
                stored_as,
                scanned,
            )
            try:
                with transaction.atomic():
                    row.save()
            except IntegrityError as error:
                raise Conflict(_("This file is attached already."), field="file") from error
            core.write(complaint, "attach", by=by, data={"file": row.pk, "kind": kind, "size": row.size})
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return row


def _write(stored_as, content):
    folder = settings.COMPLAINT_FILES / stored_as[:2]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / stored_as
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    return path


def _scan(path):
    """Ask the bank's scanner, when one is set; when it was asked."""
    if not settings.COMPLAINT_SCANNER:
        return None
    found = import_string(settings.COMPLAINT_SCANNER)(path)
    if found:
        raise Refused(_("The virus scanner refuses this file."), field="file")
    return bank.now()


def opened(complaint, attachment_id, *, by, request=None):
    """The row and the bytes of one file; `complaint` was found in scope. The look is on record."""
    row = Attachment.objects.get(pk=attachment_id, complaint=complaint)
    log(Kind.VIEW, by=by, obj=row, branch_id=complaint.branch_id, request=request)
    path = settings.COMPLAINT_FILES / row.stored_as[:2] / row.stored_as
    try:
        return row, path.read_bytes()
    except FileNotFoundError:
        raise Attachment.DoesNotExist from None
