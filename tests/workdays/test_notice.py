"""Reading a notice: what is accepted, and every fault named by row and column."""

import datetime

import pytest
from django.utils import translation

from rmflow.workdays.rules import NoticeRefused, changed_days, read_notice
from rmflow.workdays.rules.notice import LARGEST_FILE, decode
from rmflow.workflow import Refused

from .notices import rows, text

FIRST_FREE = len(rows()) + 2  # the row a further line stands in


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_a_notice_is_read_into_days():
    days = read_notice(text(), 2027)
    assert days[datetime.date(2027, 2, 5)] == ("off", "春节")
    assert days[datetime.date(2027, 1, 31)] == ("work", "春节")
    assert len(days) == len(rows())


@pytest.mark.parametrize("written", ["2027/5/9", "2027年5月9日", "2027.5.9", " 2027-05-09 ", "2027-5-9"])
def test_dates_may_be_written_as_spreadsheets_and_people_do(written):
    assert read_notice(text(f"{written},work,劳动节"), 2027)[datetime.date(2027, 5, 9)] == ("work", "劳动节")


def test_chinese_heads_kinds_and_empty_lines_are_read():
    chinese = text().replace("date,kind,label", "名称,日期,类型", 1)
    lines = [chinese.splitlines()[0]]
    for line in chinese.splitlines()[1:]:
        day, kind, label = line.split(",")
        lines.append(f"{label},{day},{'休' if kind == 'off' else '班'}")
    assert read_notice("\n\n".join(lines), 2027) == read_notice(text(), 2027)


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("2027-02-05,off,春节", "date", "already in row"),
        ("2026-12-31,off,元旦", "date", "not in 2027"),
        ("2027-02-29,off,春节", "date", "there is no such day"),
        ("2027-13-01,off,春节", "date", "there is no such day"),
        ("soon,off,春节", "date", "write the date as"),
        ("2027-08-10,holiday,x", "kind", "write off"),
        ("2027-08-10,,x", "kind", "write off"),
        ("2027-08-10,work,x", "kind", "a weekday works anyway"),
        (f"2027-08-10,off,{'长' * 41}", "label", "at most 40"),
        ("2027-08-10", "kind", "write off"),
    ],
)
def test_each_fault_is_named_by_row_and_column(line, column, reason):
    with pytest.raises(NoticeRefused) as refused:
        read_notice(text(line), 2027)
    (fault,) = refused.value.faults
    assert (fault.row, fault.column) == (FIRST_FREE, column)
    assert reason in fault.reason
    assert str(fault).startswith(f"Row {FIRST_FREE}, {column}: ")
    assert refused.value.field == "file"


def test_all_faults_are_found_at_once_and_the_message_stays_short():
    with pytest.raises(NoticeRefused) as refused:
        read_notice(text(*[f"2027-08-{day:02d},nothing," for day in range(1, 10)]), 2027)
    assert len(refused.value.faults) == 9
    assert str(refused.value).endswith("and 4 more")


def test_a_notice_cut_short_is_refused():
    with pytest.raises(NoticeRefused) as refused:
        read_notice("date,kind,label\n2027-01-01,off,元旦\n", 2027)
    assert "05-01, 10-01, 10-02, 10-03" in str(refused.value)


@pytest.mark.parametrize("content", ["", "a;b;c\n", "date,label\n2027-01-01,元旦\n"])
def test_a_file_without_the_columns_is_refused(content):
    with pytest.raises(NoticeRefused) as refused:
        read_notice(content, 2027)
    assert refused.value.faults[0].row == 1


def test_a_file_with_too_many_rows_is_refused():
    with pytest.raises(NoticeRefused):
        read_notice(text(*["2027-01-01,off,x"] * 300), 2027)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_of_chinese_spreadsheets_are_decoded(encoding):
    assert read_notice(decode(text().encode(encoding)), 2027)[datetime.date(2027, 1, 1)] == ("off", "元旦")


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00", b"\xff\xff\xff\xff", b"x" * (LARGEST_FILE + 1)])
def test_what_is_no_csv_is_refused_in_words(content):
    with pytest.raises(Refused) as refused:
        decode(content)
    assert refused.value.field == "file"


def test_changed_days_name_before_and_after():
    before = {datetime.date(2027, 2, 5): ("off", "春节"), datetime.date(2027, 6, 9): ("off", "端午节")}
    after = {datetime.date(2027, 2, 5): ("off", "春节"), datetime.date(2027, 1, 31): ("work", "春节")}
    assert changed_days(before, after) == [
        {"date": "2027-01-31", "before": "", "after": "work", "label_before": "", "label_after": "春节"},
        {"date": "2027-06-09", "before": "off", "after": "", "label_before": "端午节", "label_after": ""},
    ]
    assert changed_days(before, before) == []
