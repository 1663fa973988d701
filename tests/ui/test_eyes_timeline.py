"""The eyes over time in a report: the chart, the seconds it tells, its table, and how it comes from the history."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QTableWidget, QTableWidgetItem
from pytestqt.qtbot import QtBot

from coach_desktop.coaching.track import Track, track_of
from coach_desktop.store.history import History
from coach_desktop.tavus.timeline import STEP_S, Timeline, TimelineError, packed, to_text
from coach_desktop.ui import parts, theme
from coach_desktop.ui.bridge import HistoryReader
from coach_desktop.ui.eyes_strip import EyesStrip
from coach_desktop.ui.eyes_timeline import EyesSection
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.report_page import ReportPage
from tests.ui.driving import Show, Shown, press, said
from tests.ui.stage import keep, report

SECONDS = 62
ROWS = round(SECONDS / STEP_S)


def timeline() -> Timeline:
    """A look away from 0:20 to 0:33, no face in the last ten seconds, no hands at all."""
    at = [row * STEP_S for row in range(ROWS)]
    face = [at_s < 52 for at_s in at]
    return Timeline(
        STEP_S,
        {
            "face_present": tuple(float(there) for there in face),
            "confidence": tuple(float(there) for there in face),
            "eye_contact": tuple(float(not 20 <= s < 33) if there else None for s, there in zip(at, face, strict=True)),
            "eye_contact_score": tuple(0.75 if there else None for there in face),
            "smile": tuple(0.5 if there else None for there in face),
            "speaking": tuple(float(s < 31) for s in at),
        },
    )


@pytest.fixture
def track() -> Track:
    return track_of(timeline())


@pytest.fixture
def page(qtbot: QtBot) -> ReportPage:
    page = ReportPage()
    qtbot.addWidget(page)
    page.resize(1024, 640)
    page.show()
    return page


def section(page: ReportPage) -> EyesSection:
    found = page.findChild(EyesSection)
    assert found is not None
    return found


def strip(page: ReportPage) -> EyesStrip:
    found = page.findChild(EyesStrip)
    assert found is not None
    return found


def shown(page: ReportPage, track: Track) -> EyesStrip:
    page.show_report(report())
    page.show_track("s1", track)
    QApplication.processEvents()
    return strip(page)


def hover(chart: EyesStrip, x: float) -> None:
    at = QPointF(x, chart.height() / 2)
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, chart.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(chart, event)


@pytest.mark.usefixtures("dressed")
class TestSection:
    def test_it_is_there_only_where_there_is_a_timeline(self, page: ReportPage, track: Track) -> None:
        page.show_report(report())
        assert section(page).isHidden()
        page.show_track("s1", None)
        assert section(page).isHidden()
        page.show_track("another", track)
        assert section(page).isHidden()
        page.show_track("s1", track_of(Timeline(STEP_S, {})))
        assert section(page).isHidden()
        page.show_track("s1", track_of(Timeline(STEP_S, {"speaking": (1.0, 0.0)})))
        assert section(page).isHidden()
        page.show_track("s1", track)
        assert section(page).isVisible()
        page.show_report(report(session_id="s2"))
        assert section(page).isHidden()

    def test_it_begins_at_the_longest_look_away(self, page: ReportPage, track: Track) -> None:
        assert shown(page, track).at_s == 20.0
        assert "0:20 · looking away begins, score at this moment 0.75 · smile 50 % · speaking" in said(page)

    def test_the_arrow_keys_tell_other_seconds(self, page: ReportPage, track: Track) -> None:
        chart = shown(page, track)
        chart.setFocus()
        for key, at_s in (
            (Qt.Key.Key_Left, 19.0), (Qt.Key.Key_Right, 20.0), (Qt.Key.Key_PageDown, 30.0), (Qt.Key.Key_PageUp, 20.0),
            (Qt.Key.Key_Home, 0.0), (Qt.Key.Key_Left, 0.0), (Qt.Key.Key_End, SECONDS - STEP_S),
            (Qt.Key.Key_Right, SECONDS - STEP_S),
        ):  # fmt: skip
            QTest.keyClick(chart, key)
            assert chart.at_s == pytest.approx(at_s)
        assert "1:01 · no face in the picture · not speaking" in said(page)
        control = Qt.KeyboardModifier.ControlModifier
        QTest.keyClick(chart, Qt.Key.Key_Left, control)
        assert chart.at_s == 20.0
        QTest.keyClick(chart, Qt.Key.Key_Home)
        QTest.keyClick(chart, Qt.Key.Key_Right, control)
        assert chart.at_s == 20.0
        QTest.keyClick(chart, Qt.Key.Key_Right, control)
        assert chart.at_s == 20.0

    def test_the_mouse_tells_the_second_under_it_and_a_click_keeps_it(self, page: ReportPage, track: Track) -> None:
        chart = shown(page, track)
        hover(chart, chart.width() - 30)
        assert "no face in the picture" in said(page)
        assert chart.at_s == 20.0
        QApplication.sendEvent(chart, QEvent(QEvent.Type.Leave))
        assert "0:20 · looking away begins" in said(page)
        left = Qt.MouseButton.LeftButton
        QTest.mouseClick(chart, left, Qt.KeyboardModifier.NoModifier, QPoint(chart.width() - 30, 60))
        assert chart.at_s > 52
        assert "no face in the picture" in said(page)

    def test_a_newer_version_of_the_report_leaves_the_second_as_it_is(self, page: ReportPage, track: Track) -> None:
        chart = shown(page, track)
        QTest.keyClick(chart, Qt.Key.Key_Home)
        page.show_report(report())
        page.show_track("s1", track)
        assert (chart.at_s, section(page).isVisible()) == (0.0, True)

    def test_the_table_says_the_same(self, page: ReportPage, track: Track) -> None:
        shown(page, track)
        press(page, "Show as a table")
        table = section(page).findChild(QTableWidget)
        assert table is not None
        assert table.isVisible()

        def cell(row: int, column: int) -> QTableWidgetItem:
            found = table.item(row, column)
            assert found is not None
            return found

        rows = [[cell(row, column).text() for column in range(7)] for row in range(table.rowCount())]
        none = parts.NO_FIGURE
        assert rows[0] == ["0:00", "100 %", "100 %", "50 %", "100 %", none, none]
        assert rows[5] == ["0:25", "0 %", "100 %", "50 %", "100 %", none, none]
        assert rows[12] == ["1:00", none, "0 %", none, "0 %", none, none]
        spoken = cell(0, 5).data(Qt.ItemDataRole.AccessibleTextRole)
        assert spoken == "Hands in the picture: not measured"
        press(page, "Hide the table")
        assert table.isHidden()

    @pytest.mark.parametrize("width", [668, 1024, 1600])
    @pytest.mark.usefixtures("dressed")
    def test_no_title_of_the_table_is_cut(self, page: ReportPage, track: Track, width: int) -> None:
        page.resize(width, 640)
        shown(page, track)
        press(page, "Show as a table")
        table = section(page).findChild(QTableWidget)
        assert table is not None
        header = table.horizontalHeader()
        assert all(header.sectionSize(n) >= header.sectionSizeHint(n) for n in range(header.count()))
        assert 0 <= table.viewport().width() - header.length() < header.count()

    def test_those_who_do_not_see_it_are_told(self, page: ReportPage, track: Track) -> None:
        chart = shown(page, track)
        assert chart.accessibleName() == "Your eyes over time"
        told = chart.accessibleDescription()
        assert "Eye contact: 75 %" in told
        assert "Hands in the picture: not measured" in told
        assert "the longest at 0:20 for 13 s" in told
        assert "Page Down" in told
        assert all(button.accessibleName() for button in section(page).findChildren(QPushButton))

    def test_it_is_reached_and_left_by_tab(self, page: ReportPage, track: Track) -> None:
        chart = shown(page, track)
        met = []
        for _ in range(12):
            QTest.keyClick(page.focusWidget() or page, Qt.Key.Key_Tab)
            met.append(page.focusWidget())
        assert chart in met
        assert met.index(chart) < len(met) - 1

    def test_what_cannot_be_read_is_said(self, page: ReportPage, track: Track) -> None:
        page.show_report(report())
        page.show_track_problem("another", TimelineError("x"))
        assert section(page).isHidden()
        page.show_track_problem("s1", TimelineError("x"))
        assert "cannot be read" in said(section(page))
        assert not strip(page).isVisible()
        page.show_track("s1", track)
        assert strip(page).isVisible()
        assert "cannot be read" not in said(section(page))

    @pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
    def test_it_is_painted_in_the_colours_of_the_theme(
        self, page: ReportPage, track: Track, scheme: Qt.ColorScheme
    ) -> None:
        theme.current().use(scheme)
        try:
            chart = shown(page, track)
            image = chart.grab().toImage()
            tokens = theme.current().tokens
            assert count(image, tokens.accent) > 1000
            assert count(image, tokens.good) > 1000
            assert count(image, tokens.act) > 100
        finally:
            theme.current().use(None)

    def test_a_moment_that_was_not_measured_looks_like_none(self, page: ReportPage, track: Track) -> None:
        chart = shown(page, track)
        image, ratio = chart.grab().toImage(), chart.devicePixelRatioF()
        place = chart._band(0)  # noqa: SLF001 - where the row is painted
        foot = round((place.bottom()) * ratio)

        def colour(at_s: float, y: int) -> QColor:
            return image.pixelColor(round(chart._x(at_s) * ratio), y)  # noqa: SLF001

        tokens = theme.current().tokens
        middle = round(place.center().y() * ratio)
        assert colour(10.0, middle) == QColor(tokens.accent)
        assert (colour(26.0, middle), colour(26.0, foot)) == (QColor(tokens.sunken), QColor(tokens.accent))
        assert colour(57.0, foot) == QColor(tokens.sunken)


def count(image: QImage, colour: str) -> int:
    wanted = QColor(colour).rgb()
    return sum(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height()))


def kept(path: Path, text: str) -> None:
    keep(path, "s1")
    with closing(History(path)) as history:
        history.keep_timeline("s1", text)


def test_the_reader_brings_it_from_the_history(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite3"
    kept(path, to_text(packed(timeline())))
    reader = HistoryReader(path)
    for session_id, end_s in (("s1", pytest.approx(SECONDS)), ("another", None)):
        with qtbot.waitSignal(reader.track_loaded) as told:
            reader.load_track(session_id)
        found_id, found = told.args
        assert found_id == session_id
        assert (None if found is None else found.end_s) == end_s
    kept(path, "{")
    with qtbot.waitSignal(reader.track_failed) as failed:
        reader.load_track("s1")
    assert failed.args[0] == "s1"
    assert reader.close()


def opened_from_history(shown: Shown) -> ReportPage:
    shown.window.show_history()
    history = shown.wait_for(HistoryPage)
    assert isinstance(history, HistoryPage)
    history.report_asked.emit("s1")
    page = shown.wait_for(ReportPage)
    assert isinstance(page, ReportPage)
    return page


def test_a_session_from_the_history_shows_it_after_a_restart(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    kept(tmp_path / "history.sqlite3", to_text(packed(timeline())))
    page = opened_from_history(show())
    qtbot.waitUntil(lambda: section(page).isVisible())
    assert "0:20 · looking away begins" in said(page)


def test_a_report_without_one_is_as_it_was(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    keep(tmp_path / "history.sqlite3", "s1")
    shown = show()
    page = opened_from_history(shown)
    # What is asked for later is loaded later: by then it is known that there is no timeline.
    reader = shown.window.findChild(HistoryReader)
    assert reader is not None
    with qtbot.waitSignal(reader.history_loaded):
        reader.load()
    assert section(page).isHidden()
