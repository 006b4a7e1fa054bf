"""What all templates and style sheets keep to; and the components, rendered."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from rmflow.portal.styleguide import SampleForm

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
STYLES = sorted((Path(settings.BASE_DIR) / "static/rmflow/css").glob("*.css"))
SPRITE = (Path(settings.BASE_DIR) / "static/rmflow/icons/sprite.svg").read_text()
ICONS = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))


def _named(pattern):
    return [
        (path, match) for path in TEMPLATES for match in re.findall(pattern, path.read_text(encoding="utf-8"))
    ]


def _render(source, **context):
    request = RequestFactory().get("/list/?state=open&page=2")
    return engines["django"].from_string(source).render(context, request)


def test_every_icon_a_template_names_is_in_the_sprite():
    names = _named(r'{% icon "([^"]+)"') + _named(r'\bicon="([^"]+)"')
    assert names
    assert [(path.name, name) for path, name in names if name not in ICONS] == []


def test_no_template_carries_style_or_script_that_the_policy_would_drop():
    pattern = r"<style\b|\sstyle=|\son[a-z]+=|\shx-on|<script(?![^>]*\bsrc=)|javascript:"
    assert _named(pattern) == []


def test_every_static_file_a_template_names_is_there():
    missing = [(path.name, name) for path, name in _named(r'{% static "([^"]+)"') if not finders.find(name)]
    assert missing == []


def test_colours_stand_in_the_tokens_only():
    found = [
        (path.name, colour)
        for path in STYLES
        if path.name != "tokens.css"
        for colour in re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text())
        if colour not in ("#fff", "#000")
    ]
    assert found == []


def test_every_token_a_style_sheet_uses_is_defined():
    text = "".join(path.read_text() for path in STYLES)
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used - set(re.findall(r"(--[\w-]+):", text)) == set()


@pytest.mark.parametrize("state", ["past", "today", "open", "met", "done"])
def test_a_state_is_told_by_an_icon_and_a_word_too(state):
    html = render_to_string("components/_badge.html", {"state": state, "text": "word"})
    assert f"state-{state}" in html
    assert "<use href=" in html
    assert "word" in html


def test_a_deadline_chip_shows_the_date_and_the_days_left():
    chip = {
        "state": "open",
        "date_text": "10月12日",
        "words": "剩 3 个工作日",
        "icon": "calendar-due",
        "title": "10月9日 1，10月10日 2",
        "provisional": True,
    }
    html = render_to_string("components/_chip_deadline.html", {"chip": chip})
    assert "10月12日" in html
    assert "剩 3 个工作日" in html
    assert 'title="10月9日 1，10月10日 2"' in html
    assert "due-provisional" in html


def test_paging_keeps_the_filters_of_the_address():
    page = Paginator(range(60), 25).page(2)
    html = _render('{% include "components/_paging.html" with page=page unit="x" only %}', page=page)
    assert "state=open&amp;page=1" in html
    assert "state=open&amp;page=3" in html


def test_a_field_with_an_error_names_it_beside_the_field_and_keeps_the_text():
    form = SampleForm({"phone": "1380000567"})
    html = _render('{% include "components/_field.html" with field=form.phone only %}', form=form)
    assert 'value="1380000567"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_phone_error"' in html


def test_optional_fields_say_so_and_the_others_carry_no_star():
    with translation.override("en"):
        form = SampleForm()
        source = '{% include "components/_field.html" with field=field only %}'
        assert "optional" in _render(source, field=form["amount"])
        assert "optional" not in _render(source, field=form["phone"])


def test_choice_chips_are_real_boxes_with_their_labels():
    form = SampleForm({"clues": ["b"]})
    html = _render('{% include "components/_choices.html" with field=form.clues only %}', form=form)
    assert html.count('type="checkbox"') == 4
    assert html.count("checked") == 1
    assert "<fieldset" in html


@pytest.mark.parametrize("code", [400, 403, 404, 422, 500])
def test_an_error_page_stands_without_a_person_or_a_request(code):
    html = render_to_string(f"{code}.html", {})
    assert "<main" in html
    assert 'href="/"' in html
