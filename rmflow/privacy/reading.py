"""Words for what the log says: shared by the auditor's page and the command."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from rmflow.staff.models import Branch

from . import log_words


def branch_names():
    """{chain: name}; chain 0 holds events above branches."""
    names = {pk: f"{code} {name}" for pk, code, name in Branch.objects.values_list("pk", "code", "name")}
    return names | {0: _("Above branches")}


def event(row):
    """One event as the auditor's list shows it."""
    what = ""
    if row.object_type:
        what = _name_of(row.object_type)
    return {
        "at": row.at,
        "who": f"{row.user.employee_no} {row.user.name}" if row.user else "",
        "branch": row.branch.name if row.branch else "",
        "kind": row.get_kind_display(),
        "object": f"{what} {row.object_id or ''}".strip(),
        "fields": _(", ").join(_field_name(row.object_type, name) for name in row.fields),
        "purpose": row.get_purpose_display() if row.purpose else "",
        "note": row.note,
        "occasion": log_words.occasion(row.item_key),
        "rows": row.rows,
        "ip": row.ip or "",
        "seq": row.seq,
    }


def _name_of(label):
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label


def _field_name(label, name):
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return log_words.part(name)
    #: The record itself, then the sheets that belong to it one to one (a client's profile).
    sheets = [rel.related_model for rel in model._meta.related_objects if rel.one_to_one]
    field = next(filter(None, (_field(sheet, name) for sheet in (model, *sheets))), None)
    if field is None:
        return log_words.part(name)
    if field.auto_created and field.is_relation:  # seen from the other side: a part of the record
        return str(field.related_model._meta.verbose_name)
    return str(field.verbose_name)


def _field(model, name):
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def why(broken):
    """One sentence on the first broken link."""
    sentences = {
        "changed": _("Link {seq} (event {event}) was changed after it was sealed."),
        "follows": _("Link {seq} (event {event}) does not follow the link before it."),
        "missing": _("Link {seq} is missing; the chain goes on after it."),
        "cut": _("Link {seq} is missing, and so is everything after it."),
        "headless": _("Link {seq} does not match the kept head of the chain."),
        "differs": _("Link {seq} differs from the head kept elsewhere."),
    }
    return sentences[broken.why].format(seq=broken.seq, event=broken.event)
