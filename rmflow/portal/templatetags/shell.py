"""Tags of the shell: icons from the sprite, and small facts a component asks of a form field."""

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

register = template.Library()

STATE_ICONS = {
    "past": "alert-triangle",
    "today": "clock",
    "open": "circle",
    "met": "check",
    "done": "minus",
}
EMPTY_ICONS = {"nothing": "clipboard-check", "nomatch": "filter", "denied": "lock"}
GROUP_WIDGETS = {"checkboxselectmultiple", "radioselect"}

TOKEN = "the-csrf-token-stands-here"  # noqa: S105  a placeholder in drawn parts
PARTS_KEPT = 2000  # drawn parts in each process
_drawn: dict[tuple, str] = {}


@cache
def _sprite() -> str:
    """Address of the icon sprite; looked up once, since lists show an icon a row."""
    return static("rmflow/icons/sprite.svg")


@register.simple_tag
def icon(name, size=16, label=""):
    """An icon of the sprite; without a label it is hidden from screen readers."""
    css = "icon" if str(size) == "16" else f"icon icon-{size}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"></use></svg>',
            css,
            label,
            _sprite(),
            name,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        _sprite(),
        name,
    )


@register.filter
def state_icon(state):
    """The icon that stands for a state, so that no state is told by colour alone."""
    return STATE_ICONS.get(state, "circle")


@register.filter
def empty_icon(kind):
    """The icon of an empty list, by the reason it is empty."""
    return EMPTY_ICONS.get(kind, EMPTY_ICONS["nothing"])


@register.filter
def is_group(field):
    """Whether a bound field is a group of checkboxes or radios, shown as choice chips."""
    return field.widget_type in GROUP_WIDGETS


@register.filter
def html_lang(code):
    """Django's language code as HTML wants it: zh-hans → zh-Hans."""
    return {"zh-hans": "zh-Hans"}.get(code, code)


@register.simple_tag
def bell_templates():
    """The bell of the notices app, or a plain link to the notices."""
    return ["notices/_bell.html", "shell/_bell_link.html"]


@register.simple_tag(takes_context=True)
def drawn(context, template_name, *parts):
    """A part of the shell that depends on `parts` alone, drawn once per process and put in again.

    Half the time of a page went into drawing the same rail and the same menus. The CSRF token is put in
    each time; whatever else the template prints of `shell` and `request` must be among `parts`.
    """
    key = (template_name, get_language(), _frozen(parts))
    html = _drawn.get(key)
    if html is None:
        given = {"shell": context.get("shell"), "request": context.get("request"), "csrf_token": TOKEN}
        html = render_to_string(template_name, given)
        if len(_drawn) >= PARTS_KEPT:
            _drawn.clear()
        _drawn[key] = html
    if TOKEN in html:
        html = html.replace(TOKEN, str(context.get("csrf_token", "")))
    return mark_safe(html)  # noqa: S308  # nosec B308 B703  a template of ours escaped it


def _frozen(value):
    """`value` as something that can be compared and hashed; words to come are words of this language."""
    if isinstance(value, dict):
        return tuple((name, _frozen(part)) for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(part) for part in value)
    return str(value) if isinstance(value, Promise) else value
