"""The list of profiles: name, purpose and provider of each at a glance, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QResizeEvent, QTextLayout
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from coach_desktop.ui import parts, theme

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
_RADIUS: Final = 10.0
_SMALL: Final = 0.92
_BADGE_PADDING: Final = 8
_BADGE_GAP: Final = 8
_LEAST_LETTERS: Final = 12  # of a name, beside its badges: room to tell one from the other
_TALLEST: Final = 3000  # more than any screen shows: beyond it nobody has to count
_Index = QModelIndex | QPersistentModelIndex


class _Badge(NamedTuple):
    """A word in a small frame; `ink` and `ground` are tints."""

    text: str
    ink: str
    ground: str


class ProfilesModel(QAbstractListModel):
    """Profiles as a list; the row's own text is what typing ahead looks for."""

    def __init__(self, *, mark_built_in: bool) -> None:
        """Begin empty. `mark_built_in` says of each built-in profile that it is one."""
        super().__init__()
        self.profiles: list[StoredProfile] = []
        self.mark_built_in = mark_built_in

    def show_profiles(self, profiles: Sequence[StoredProfile]) -> None:
        """Hold these profiles."""
        self.beginResetModel()
        self.profiles = list(profiles)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Return how many profiles there are."""
        return 0 if parent.isValid() else len(self.profiles)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a row shows and says."""
        if not index.isValid():
            return None
        profile = self.profiles[index.row()].profile
        if role == Qt.ItemDataRole.DisplayRole:
            return profile.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join([profile.name, profile.purpose, *(badge.text for badge in self.badges(index.row()))])
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{profile.name}\n{profile.purpose}"
        return None

    def badges(self, row: int) -> list[_Badge]:
        """Return the words in frames that stand beside the name."""
        stored = self.profiles[row]
        local = stored.profile.provider == "local"
        found = [_Badge(PROVIDERS[stored.profile.provider], *(("good", "good_soft") if local else ("text", "sunken")))]
        if self.mark_built_in and stored.built_in:
            found.append(_Badge(_BUILT_IN, "muted", "surface"))
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
        self.setProperty("look", "profiles")
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.verticalScrollBar().setSingleStep(24)
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def chosen(self) -> StoredProfile | None:
        """The chosen profile, or None where the list is empty."""
        index = self.currentIndex()
        return self._profiles.profiles[index.row()] if index.isValid() else None

    def show_profiles(self, profiles: Sequence[StoredProfile], chosen: str | None = None) -> None:
        """Show these. Chosen is the one with the id `chosen`, else the one that was, else the first local one."""
        before = self.chosen
        ids = [stored.profile.id for stored in profiles]
        wanted = (chosen, before.profile.id if before else None)
        row = next((ids.index(profile_id) for profile_id in wanted if profile_id in ids), None)
        if row is None:
            row = next((number for number, stored in enumerate(profiles) if stored.profile.provider == "local"), 0)
        self._showing = True
        self._profiles.show_profiles(profiles)
        self.setCurrentIndex(self._profiles.index(row))
        self._showing = False
        self._fit()

    def sizeHint(self) -> QSize:
        """Return room for every row."""
        return QSize(380, self._height_of_rows())

    def minimumSizeHint(self) -> QSize:
        """Return room for two rows, or for the one there is: the others are scrolled to."""
        badges = [max(_badge_width(words, self.font()) for words in PROVIDERS.values())]
        if self._profiles.mark_built_in:
            badges.append(_badge_width(_BUILT_IN, self.font()))
        letters = _LEAST_LETTERS * self.fontMetrics().averageCharWidth()
        width = _SIDE * 2 + _DOT + _GAP + letters + sum(badge + _BADGE_GAP for badge in badges)
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
            self.choice_changed.emit(self._profiles.profiles[index.row()].profile.id)


class _Painter(QStyledItemDelegate):
    """Paints a row: a dot that tells which one is chosen, name and purpose in one or two lines each, and badges."""

    def __init__(self, model: ProfilesModel, view: ProfileList) -> None:
        super().__init__(view)
        self._model = model
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        room = self._room_for_words()
        name = len(self._name_lines(index.row(), option.font, room))
        purpose = len(_lines(self._model.profiles[index.row()].profile.purpose, _small(option.font), room))
        height = name * QFontMetrics(_bold(option.font)).height() + _LINE_GAP + purpose * _small_height(option.font)
        return QSize(self._view.viewport().width(), height + 2 * _TOP + 2 * _BETWEEN)

    def _room_for_words(self) -> int:
        # As if the bar for scrolling were there: with rows that it makes higher, it would keep itself in view.
        bar = self._view.verticalScrollBar().sizeHint().width()
        return self._view.contentsRect().width() - bar - 2 * _SIDE - _DOT - _GAP - 1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = theme.current().tokens
        enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
        chosen = self._view.currentIndex().row() == index.row()
        card = QRectF(option.rect).adjusted(1, _BETWEEN, -1, -_BETWEEN)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_card(painter, card, chosen=chosen, hovered=bool(option.state & QStyle.StateFlag.State_MouseOver))
        self._paint_dot(painter, card, chosen=chosen, enabled=enabled)
        left = option.rect.left() + _SIDE + _DOT + _GAP
        right = option.rect.right() - _SIDE
        top = option.rect.top() + _BETWEEN + _TOP
        name_font = _bold(option.font)
        name_height = QFontMetrics(name_font).height()
        edge = right
        for badge in reversed(self._model.badges(index.row())):
            edge = self._paint_badge(painter, badge, option.font, QRect(left, top, edge - left, name_height))
        profile = self._model.profiles[index.row()].profile
        painter.setFont(name_font)
        painter.setPen(parts.colour(tokens.text if enabled else tokens.muted))
        room = self._room_for_words()
        names = self._name_lines(index.row(), option.font, room)
        for number, line in enumerate(names):
            painter.drawText(QPoint(left, top + number * name_height + QFontMetrics(name_font).ascent()), line)
        small = _small(option.font)
        painter.setFont(small)
        painter.setPen(parts.colour(tokens.muted))
        base = top + len(names) * name_height + _LINE_GAP + QFontMetrics(small).ascent()
        for number, line in enumerate(_lines(profile.purpose, small, room)):
            painter.drawText(QPoint(left, base + number * _small_height(option.font)), line)
        painter.restore()

    def _name_lines(self, row: int, base: QFont, room: int) -> list[str]:
        """Return the name beside and below its badges: two names may well differ at their ends."""
        badges = sum(_badge_width(badge.text, base) + _BADGE_GAP for badge in self._model.badges(row))
        return _lines(self._model.profiles[row].profile.name, _bold(base), room - badges, below=room)

    def _paint_card(self, painter: QPainter, card: QRectF, *, chosen: bool, hovered: bool) -> None:
        tokens = theme.current().tokens
        if not chosen and not hovered:
            return
        painter.setBrush(parts.colour(tokens.accent_soft if chosen else tokens.window))
        focused = chosen and self._view.hasFocus()
        painter.setPen(QPen(parts.colour(tokens.accent), 2.0) if focused else Qt.PenStyle.NoPen)
        inset = 1.0 if focused else 0.0
        painter.drawRoundedRect(card.adjusted(inset, inset, -inset, -inset), _RADIUS, _RADIUS)

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

    def _paint_badge(self, painter: QPainter, badge: _Badge, base: QFont, room: QRect) -> int:
        """Paint at the right end of `room` and return where the room that is left ends."""
        tokens = theme.current().tokens
        font = _small(base)
        metrics = QFontMetrics(font)
        width = _badge_width(badge.text, base)
        frame = QRectF(
            room.right() - width + 1, room.center().y() - metrics.height() / 2 - 1, width, metrics.height() + 3
        )
        painter.setPen(QPen(parts.colour(tokens.border), 1.0))
        painter.setBrush(parts.colour(getattr(tokens, badge.ground)))
        painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        painter.setFont(font)
        painter.setPen(parts.colour(getattr(tokens, badge.ink)))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, badge.text)
        return round(frame.left()) - _BADGE_GAP


def _bold(base: QFont) -> QFont:
    font = QFont(base)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def _small(base: QFont) -> QFont:
    font = QFont(base)
    font.setPointSizeF(base.pointSizeF() * _SMALL)
    return font


def _small_height(base: QFont) -> int:
    return QFontMetrics(_small(base)).height()


def _badge_width(words: str, base: QFont) -> int:
    return QFontMetrics(_small(base)).horizontalAdvance(words) + 2 * _BADGE_PADDING


def _lines(text: str, font: QFont, width: int, *, below: int | None = None) -> list[str]:
    """Return a text in one or two lines; what does not fit into the second one, `below` wide, ends in dots."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(max(1, width))
    layout.endLayout()
    # Qt counts in UTF-16.
    units = text.encode("utf-16-le")
    cut = 2 * first.textLength()
    if cut >= len(units):
        return [text]
    head, rest = (half.decode("utf-16-le", "ignore") for half in (units[:cut], units[cut:]))
    return [head.rstrip(), QFontMetrics(font).elidedText(rest.lstrip(), Qt.TextElideMode.ElideRight, below or width)]
