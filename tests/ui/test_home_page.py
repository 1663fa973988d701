"""The first page: whom to practise with, what that means for the user's picture and purse, and the one big button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListView, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.store.history import SessionRow
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyState, KeyStatus
from coach_desktop.ui import theme
from coach_desktop.ui.home_page import HomePage, headline, key_state
from tests.ui.driving import Show, press, said, texts
from tests.ui.stage import CHUCK, STARTED, stored

TAVUS = Profile(id="tavus", name="Anna, video", purpose="A video persona.", provider="tavus", persona_id="p1")
OTHER = Profile(id="other", name="Interviews", purpose="For interviews.")
MANY = [Profile(id=f"p{number}", name=f"Coach {number}", purpose="Practise. " * (number + 1)) for number in range(12)]

Make = Callable[..., HomePage]


def status(state: KeyState, *, in_memory: bool = False) -> KeyStatus:
    return KeyStatus(state, "your desktop keyring", "test", in_memory)


@pytest.fixture
def make(qtbot: QtBot, dressed: QApplication) -> Make:
    def made(*profiles: Profile, chosen: str | None = None) -> HomePage:
        page = HomePage(stored(*profiles), chosen)
        qtbot.addWidget(page)
        page.resize(932, 602)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        return page

    return made


def picker(page: QWidget) -> QListView:
    found = page.findChild(QListView)
    assert found is not None
    return found


def rows(page: QWidget) -> list[QModelIndex]:
    model = picker(page).model()
    return [model.index(row, 0) for row in range(model.rowCount())]


def row_named(page: QWidget, name: str) -> QModelIndex:
    return next(row for row in rows(page) if row.data() == name)


def click(page: QWidget, name: str) -> None:
    view = picker(page)
    middle = view.visualRect(row_named(page, name)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)


class TestChoosing:
    def test_the_chosen_profile_is_selected_and_started(self, make: Make, qtbot: QtBot) -> None:
        page = make(TAVUS, CHUCK, OTHER, chosen="other")
        assert page.profile == OTHER
        with qtbot.waitSignal(page.start_asked):
            press(page, "Start practice")

    def test_the_first_local_one_is_chosen_where_nothing_is_said(self, make: Make) -> None:
        assert make(TAVUS, CHUCK, OTHER).profile == CHUCK
        assert make(TAVUS, CHUCK, OTHER, chosen="gone").profile == CHUCK
        assert make(TAVUS).profile == TAVUS

    def test_each_row_tells_name_purpose_and_provider(self, make: Make) -> None:
        page = make(TAVUS, CHUCK)
        role = Qt.ItemDataRole.AccessibleTextRole
        assert [row.data(role) for row in rows(page)] == [
            "Anna, video, A video persona., Tavus",
            "Chuck, Practise a talk., On this computer",
        ]
        assert picker(page).accessibleName() == "Practise with"

    def test_a_screen_reader_finds_the_rows(self, make: Make) -> None:
        page = make(CHUCK, TAVUS)
        spoken = QAccessible.queryAccessibleInterface(picker(page))
        assert spoken is not None
        names = [spoken.child(number).text(QAccessible.Text.Name) for number in range(spoken.childCount())]
        assert "Anna, video, A video persona., Tavus" in names

    def test_a_click_chooses(self, make: Make, qtbot: QtBot) -> None:
        page = make(CHUCK, TAVUS)
        with qtbot.waitSignal(page.profile_chosen) as chosen:
            click(page, TAVUS.name)
        assert chosen.args == ["tavus"]
        assert page.profile == TAVUS
        assert page.start_button.isEnabled()

    @pytest.mark.parametrize(
        ("keys", "expected"),
        [
            ([Qt.Key.Key_Down], "tavus"),
            ([Qt.Key.Key_Down, Qt.Key.Key_Up], "chuck-local"),
            ([Qt.Key.Key_End], "other"),
            ([Qt.Key.Key_End, Qt.Key.Key_Home], "chuck-local"),
            ([Qt.Key.Key_A, Qt.Key.Key_N], "tavus"),
        ],
    )
    def test_keys_choose(self, make: Make, keys: list[Qt.Key], expected: str) -> None:
        page = make(CHUCK, TAVUS, OTHER)
        picker(page).setFocus()
        for key in keys:
            QTest.keyClick(picker(page), key)
        assert page.profile is not None
        assert page.profile.id == expected

    def test_tab_leads_into_the_list_and_out_of_it(self, make: Make) -> None:
        page = make(CHUCK, TAVUS)
        page.start_button.setFocus()
        passed = []
        for _ in range(3):
            focused = QApplication.focusWidget()
            assert focused is not None
            QTest.keyClick(focused, Qt.Key.Key_Tab)
            passed.append(QApplication.focusWidget())
        assert picker(page) in passed
        assert any(isinstance(widget, QPushButton) and widget.text() == "Manage profiles…" for widget in passed)

    def test_enter_in_the_list_starts_nothing(self, make: Make, qtbot: QtBot) -> None:
        page = make(CHUCK, TAVUS)
        picker(page).setFocus()
        with qtbot.assertNotEmitted(page.start_asked):
            QTest.keyClick(picker(page), Qt.Key.Key_Return)

    def test_a_control_click_never_leaves_nobody_chosen(self, make: Make) -> None:
        page = make(CHUCK, TAVUS)
        view = picker(page)
        middle = view.visualRect(row_named(page, "Chuck")).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, middle)
        assert page.profile == CHUCK

    def test_with_many_the_chosen_one_is_scrolled_to(self, make: Make, qtbot: QtBot) -> None:
        page = make(*MANY)
        view = picker(page)
        assert view.verticalScrollBar().maximum() > 0
        view.setFocus()
        QTest.keyClick(view, Qt.Key.Key_End)
        last = rows(page)[-1]
        qtbot.waitUntil(lambda: view.viewport().rect().contains(view.visualRect(last)))
        assert page.profile == MANY[-1]

    def test_a_few_need_no_scrolling(self, make: Make, qtbot: QtBot) -> None:
        page = make(*MANY[:3])
        qtbot.waitUntil(lambda: picker(page).verticalScrollBar().maximum() == 0)
        page.resize(760, 520)
        qtbot.waitUntil(lambda: picker(page).verticalScrollBar().maximum() == 0)

    def test_the_choice_stays_when_the_profiles_are_read_again(self, make: Make, qtbot: QtBot) -> None:
        page = make(CHUCK, TAVUS, OTHER, chosen="other")
        with qtbot.assertNotEmitted(page.profile_chosen):
            page.show_profiles(stored(OTHER, CHUCK))
        assert page.profile == OTHER
        page.show_profiles(stored(CHUCK, TAVUS))
        assert page.profile == CHUCK
        page.show_profiles(stored(CHUCK, TAVUS), "tavus")
        assert page.profile == TAVUS

    def test_without_a_profile_nothing_can_be_started(self, make: Make, qtbot: QtBot) -> None:
        page = make()
        assert page.profile is None
        assert not page.start_button.isEnabled()
        page.set_busy(False)
        assert not page.start_button.isEnabled()
        with qtbot.waitSignal(page.manage_asked):
            press(page, "Manage profiles…")

    def test_during_a_session_nothing_changes(self, make: Make) -> None:
        page = make(CHUCK, TAVUS)
        page.set_busy(True)
        click(page, TAVUS.name)
        assert page.profile == CHUCK
        assert not page.start_button.isEnabled()
        page.set_busy(False)
        click(page, TAVUS.name)
        assert page.profile == TAVUS


class TestTheTruth:
    def test_the_privacy_line_follows_the_profile(self, make: Make) -> None:
        page = make(CHUCK, TAVUS)
        assert "Nothing leaves this computer." in said(page)
        assert "Practise with Chuck" in said(page)
        click(page, TAVUS.name)
        assert "Nothing leaves" not in said(page)
        assert "Picture and sound go to Tavus. The conversation is billed by the minute." in said(page)
        assert "Practise with Anna" in said(page)
        assert "billed by the minute" in page.start_button.accessibleDescription()
        click(page, "Chuck")
        assert "Nothing leaves this computer." in said(page)

    @pytest.mark.parametrize(
        ("known", "words", "button"),
        [
            (None, "Looking for your Tavus key…", ""),
            (status(KeyState.NONE), "No Tavus key yet", "Add key…"),
            (status(KeyState.LOCKED), "your desktop keyring is locked", "Unlock…"),
            (status(KeyState.NO_KEYRING), "for this session only", "Add key…"),
            (status(KeyState.NO_KEYRING, in_memory=True), "", ""),
            (status(KeyState.FOUND), "", ""),
        ],
    )
    def test_the_key_is_told_for_tavus(
        self, make: Make, qtbot: QtBot, known: KeyStatus | None, words: str, button: str
    ) -> None:
        page = make(CHUCK, TAVUS)
        page.show_key(known)
        assert not {"Add key…", "Unlock…"} & texts(page)
        click(page, TAVUS.name)
        assert words in said(page)
        assert ("key" in "".join(key_state(known)).lower()) is bool(words)
        assert {"Add key…", "Unlock…"} & texts(page) == ({button} if button else set())
        assert page.start_button.isEnabled()
        if button:
            with qtbot.waitSignal(page.key_asked):
                press(page, button)

    def test_the_key_that_is_found_later_is_told(self, make: Make) -> None:
        page = make(TAVUS)
        assert "Looking for" in said(page)
        page.show_key(status(KeyState.NONE))
        assert "No Tavus key yet" in said(page)
        page.show_key(status(KeyState.FOUND))
        assert "Add key…" not in texts(page)


class TestLittleRoom:
    @pytest.mark.parametrize("width", [430, 560, 668, 932, 1400])
    def test_nothing_reaches_out_of_the_page(self, make: Make, qtbot: QtBot, width: int) -> None:
        page = make(CHUCK, TAVUS)
        page.show_key(status(KeyState.LOCKED))
        click(page, TAVUS.name)
        page.resize(width, 430)
        stops = [picker(page), *(button for button in page.findChildren(QPushButton) if button.isVisible())]

        def cut() -> list[str]:
            return [
                part.accessibleName()
                for part in stops
                if part.mapTo(page, part.rect().topRight()).x() >= width
                or part.height() < part.minimumSizeHint().height()
            ]

        qtbot.waitUntil(lambda: not cut())

    def test_the_picture_gives_way_to_words(self, make: Make) -> None:
        page = make(CHUCK, TAVUS)
        pictures = [drawing for drawing in page.findChildren(theme.Drawing) if drawing.width() > 60]
        assert [picture.isVisible() for picture in pictures] == [True]
        page.resize(668, 330)
        assert [picture.isVisible() for picture in pictures] == [False]

    def test_names_that_differ_at_their_ends_can_be_told_apart(self, make: Make, qtbot: QtBot) -> None:
        one = Profile(id="a", name="Quarterly results before the board, rehearsal", purpose="Short.")
        page = make(one, CHUCK)
        page.resize(668, 430)

        def taller() -> bool:
            first, second = (picker(page).visualRect(row).height() for row in rows(page))
            return first > second

        qtbot.waitUntil(taller)


class TestTheLastSession:
    def test_a_history_that_cannot_be_read_is_told_at_once(self, make: Make, qtbot: QtBot) -> None:
        page = make(CHUCK)
        page.show_history_problem("Your history is damaged.")
        assert "Your history is damaged." in said(page)
        with qtbot.waitSignal(page.history_asked):
            press(page, "What to do")

    def test_the_last_session_opens_its_report(self, make: Make, qtbot: QtBot) -> None:
        page = make(CHUCK)
        assert "Last session" not in said(page)
        page.show_last_session(SessionRow("s7", "p", "Chuck", "local", "done", STARTED, 62.0))
        assert "1:02 min" in said(page)
        with qtbot.waitSignal(page.report_asked) as asked:
            press(page, "Open its report")
        assert asked.args == ["s7"]


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_rows_are_painted_in_the_scheme(make: Make, scheme: Qt.ColorScheme) -> None:
    look = theme.current()
    look.use(scheme)
    page = make(CHUCK, TAVUS)
    ground = look.tokens.accent_soft
    view = picker(page)
    image = view.grab().toImage()
    look.use(None)
    chosen, other = (view.visualRect(row) for row in rows(page))
    assert image.pixelColor(chosen.left() + 12, chosen.top() + 10).name() == ground
    assert image.pixelColor(other.left() + 12, other.top() + 10).name() != ground


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Chuck, public speaking (local)", "Practise with Chuck"),
        ("Job interview (Tavus)", "Job interview"),
        ("Anna \u2013 sales", "Practise with Anna"),
        ("(unnamed)", "Practise with your coach"),
        ("A name that is much too long to stand in a headline", "Practise with your coach"),
    ],
)
def test_headlines_are_short(name: str, title: str) -> None:
    assert headline(name) == title


@given(st.text(min_size=1, max_size=200))
def test_any_name_makes_a_headline(name: str) -> None:
    assert 0 < len(headline(name)) <= 42


@pytest.mark.parametrize("purpose", ["word " * 39, "\U0001f600" * 199, "\u0627\u0644\u0639 " * 40, "x" * 199])
@pytest.mark.parametrize("provider", ["local", "tavus"])
def test_long_and_foreign_words_are_painted(make: Make, purpose: str, provider: Literal["local", "tavus"]) -> None:
    page = make(Profile(id="p", name=purpose, purpose=purpose, provider=provider, persona_id="p1"), CHUCK)
    first = picker(page).visualRect(rows(page)[0])
    assert not picker(page).grab().isNull()
    assert first.height() < 8 * picker(page).fontMetrics().height()


def test_the_window_offers_the_shelf(show: Show) -> None:
    page = show(profiles=[CHUCK, TAVUS]).wait_for(HomePage)
    assert [row.data() for row in rows(page)] == ["Chuck", TAVUS.name]
