"""The list of profiles: name, purpose and provider of each at a glance, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import (
    QModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from coach_desktop.ui import parts, theme
from coach_desktop.ui.profiles import lists, painting
from coach_desktop.ui.tables import Index

if TYPE_CHECKING:
    from coach_desktop.store.profile_files import StoredProfile

PROVIDERS: Final = {"local": "On this computer", "tavus": "Tavus"}
"""Where a conversation is held, by the provider of a profile, as users read it."""

_BUILT_IN: Final = "Built in"
_SIDE: Final = 14
_TOP: Final = 11
_LINE_GAP: Final = 3
_DOT: Final = 18
_GAP: Final = 12
_BETWEEN: Final = 3
_LEAST_LETTERS: Final = 12  # of a name, beside its badges: room to tell one from the other
_TALLEST: Final = 3000  # more than any screen shows: beyond it nobody has to count


class ProfilesModel(lists.ListModel["StoredProfile"]):
    """Profiles as a list; the row's own text is what typing ahead looks for."""

    def __init__(self, *, mark_built_in: bool) -> None:
        """Begin empty. `mark_built_in` says of each built-in profile that it is one."""
        super().__init__()
        self.mark_built_in = mark_built_in

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a row shows and says."""
        if not index.isValid():
            return None
        profile = self.rows[index.row()].profile
        if role == Qt.ItemDataRole.DisplayRole:
            return profile.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join([profile.name, profile.purpose, *(badge.text for badge in self.badges(index.row()))])
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{profile.name}\n{profile.purpose}"
        return None

    def badges(self, row: int) -> list[painting.Badge]:
        """Return the words in frames that stand beside the name."""
        stored = self.rows[row]
        local = stored.profile.provider == "local"
        tints = ("good", "good_soft") if local else ("text", "sunken")
        found = [painting.Badge(PROVIDERS[stored.profile.provider], *tints)]
        if self.mark_built_in and stored.built_in:
            found.append(painting.Badge(_BUILT_IN, "muted", "surface"))
        return found


class ProfileList(QListView):
    """Shows profiles below each other and scrolls when there are many; always one is chosen.

    Arrows, Home, End and typing a name choose, as a click does.
    """

    choice_changed = Signal(str)

    def __init__(self, name: str, *, mark_built_in: bool = False, parent: QWidget | None = None) -> None:
        """Begin empty, with this name for screen readers."""
        super().__init__(parent)
        self._profiles = ProfilesModel(mark_built_in=mark_built_in)
        self._showing = False
        self.setModel(self._profiles)
        self.setItemDelegate(_Painter(self._profiles, self))
        self.setAccessibleName(name)
        lists.dress(self)
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def chosen(self) -> StoredProfile | None:
        """The chosen profile, or None where the list is empty."""
        index = self.currentIndex()
        return self._profiles.rows[index.row()] if index.isValid() else None

    def show_profiles(self, profiles: Sequence[StoredProfile], chosen: str | None = None) -> None:
        """Show these. Chosen is the one with the id `chosen`, else the one that was, else the first local one."""
        before = self.chosen
        ids = [stored.profile.id for stored in profiles]
        wanted = (chosen, before.profile.id if before else None)
        row = next((ids.index(profile_id) for profile_id in wanted if profile_id in ids), None)
        if row is None:
            row = next((number for number, stored in enumerate(profiles) if stored.profile.provider == "local"), 0)
        self._showing = True
        self._profiles.show_rows(profiles)
        self.setCurrentIndex(self._profiles.index(row))
        self._showing = False
        self._fit()

    def sizeHint(self) -> QSize:
        """Return room for every row."""
        return QSize(380, self._height_of_rows())

    def minimumSizeHint(self) -> QSize:
        """Return room for two rows, or for the one there is: the others are scrolled to."""
        badges = [max(painting.badge_width(words, self.font()) for words in PROVIDERS.values())]
        if self._profiles.mark_built_in:
            badges.append(painting.badge_width(_BUILT_IN, self.font()))
        letters = _LEAST_LETTERS * self.fontMetrics().averageCharWidth()
        width = _SIDE * 2 + _DOT + _GAP + letters + sum(badge + painting.BADGE_GAP for badge in badges)
        return QSize(width, min(self._height_of_rows(), 2 * (_TOP * 2 + 3 * self.fontMetrics().height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take no more height than the rows need at this width, and keep the chosen one in view."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()
        self.scrollTo(self.currentIndex())

    def _fit(self) -> None:
        self.setMaximumHeight(max(1, self._height_of_rows()))
        self.updateGeometry()

    def _height_of_rows(self) -> int:
        height = 0
        for row in range(self._profiles.rowCount()):
            height += self.sizeHintForIndex(self._profiles.index(row)).height()
            if height > _TALLEST:
                break
        return height

    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid() and not self._showing:
            self.choice_changed.emit(self._profiles.rows[index.row()].profile.id)


class _Painter(QStyledItemDelegate):
    """Paints a row: a dot that tells which one is chosen, name and purpose in one or two lines each, and badges."""

    def __init__(self, model: ProfilesModel, view: ProfileList) -> None:
        super().__init__(view)
        self._model = model
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        room = self._room_for_words()
        purpose = self._model.rows[index.row()].profile.purpose
        names = (
            len(self._name_lines(index.row(), option.font, room)) * QFontMetrics(painting.bold(option.font)).height()
        )
        below = len(painting.lines(purpose, painting.small(option.font), room)) * painting.small_height(option.font)
        height = names + _LINE_GAP + below
        return QSize(self._view.viewport().width(), height + 2 * _TOP + 2 * _BETWEEN)

    def _room_for_words(self) -> int:
        # As if the bar for scrolling were there: with rows that it makes higher, it would keep itself in view.
        bar = self._view.verticalScrollBar().sizeHint().width()
        return self._view.contentsRect().width() - bar - 2 * _SIDE - _DOT - _GAP - 1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current().tokens
        enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
        chosen = self._view.currentIndex().row() == index.row()
        card = QRectF(option.rect).adjusted(1, _BETWEEN, -1, -_BETWEEN)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painting.card(painter, card, chosen=chosen, hovered=hovered, focused=self._view.hasFocus())
        self._paint_dot(painter, card, chosen=chosen, enabled=enabled)
        left = option.rect.left() + _SIDE + _DOT + _GAP
        right = option.rect.right() - _SIDE
        top = option.rect.top() + _BETWEEN + _TOP
        name_font = painting.bold(option.font)
        name_height = QFontMetrics(name_font).height()
        edge = right
        for badge in reversed(self._model.badges(index.row())):
            edge = painting.badge(painter, badge, option.font, QRect(left, top, edge - left, name_height))
        profile = self._model.rows[index.row()].profile
        painter.setFont(name_font)
        painter.setPen(parts.colour(tokens.text if enabled else tokens.muted))
        room = self._room_for_words()
        names = self._name_lines(index.row(), option.font, room)
        for number, line in enumerate(names):
            painter.drawText(QPoint(left, top + number * name_height + QFontMetrics(name_font).ascent()), line)
        small = painting.small(option.font)
        painter.setFont(small)
        painter.setPen(parts.colour(tokens.muted))
        base = top + len(names) * name_height + _LINE_GAP + QFontMetrics(small).ascent()
        for number, line in enumerate(painting.lines(profile.purpose, small, room)):
            painter.drawText(QPoint(left, base + number * painting.small_height(option.font)), line)
        painter.restore()

    def _name_lines(self, row: int, base: QFont, room: int) -> list[str]:
        """Return the name beside and below its badges: two names may well differ at their ends."""
        badges = sum(painting.badge_width(badge.text, base) + painting.BADGE_GAP for badge in self._model.badges(row))
        return painting.lines(self._model.rows[row].profile.name, painting.bold(base), room - badges, below=room)

    def _paint_dot(self, painter: QPainter, card: QRectF, *, chosen: bool, enabled: bool) -> None:
        tokens = theme.current().tokens
        centre = QPointF(card.left() + _SIDE + _DOT / 2 - 1, card.center().y())
        ink = tokens.accent if chosen and enabled else tokens.control_border
        painter.setBrush(parts.colour(tokens.surface))
        painter.setPen(QPen(parts.colour(ink), 2.0 if chosen else 1.5))
        painter.drawEllipse(centre, _DOT / 2 - 1, _DOT / 2 - 1)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(parts.colour(ink))
            painter.drawEllipse(centre, _DOT / 4, _DOT / 4)
