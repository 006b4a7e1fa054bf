"""The words of the screens as a Chinese-speaking person reads them, looked up by their English source."""

from django.utils import translation


def say(text, context=None, **values):
    """`text` in Chinese, its `%(name)s` or `{name}` filled; the screens of these tests are in Chinese."""
    with translation.override("zh-hans"):
        said = translation.pgettext(context, text) if context else translation.gettext(text)
    return (said % values if "%(" in said else said.format(**values)) if values else said
