"""Tags of the shell: icons from the sprite, and small facts a component asks of a form field."""

from functools import cache, lru_cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html

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


@cache
def _sprite() -> str:
    """Address of the icon sprite; looked up once, since lists show an icon a row."""
    return static("rmflow/icons/sprite.svg")


@register.simple_tag
@lru_cache(maxsize=1000)
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


@register.simple_tag
def found_row(client):
    """A client in the search box; in one go, since the box asks at every letter."""
    tag = format_html(' <span class="tag">{}</span>', client["type"]) if client["type"] else ""
    inside = format_html('<b>{}</b>{} <span class="quiet">{}</span>', client["name"], tag, client["about"])
    if client["url"]:
        return format_html('<a class="palette-row" data-row href="{}">{}</a>', client["url"], inside)
    return format_html('<div class="palette-row">{}</div>', inside)


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


@register.simple_tag(takes_context=True)
def drawn(context, template_name):
    """A part of the shell, drawn once per process for each of its keys and filled in (`doors.drawn`).

    Inside, `shell` and `csrf_token` are holes where they differ from person to person.
    """
    shell = context.get("shell")
    if not hasattr(shell, "part"):  # an error page without the shell
        return render_to_string(template_name, context.flatten())
    return shell.part(template_name)
