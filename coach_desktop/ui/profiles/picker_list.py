"""The list of a picker: picture, name and id of each row at a glance, one of them current, several ticked or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from PySide6.QtCore import (
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from coach_desktop.sessions.directory import Entry
from coach_desktop.ui import parts, theme
from coach_desktop.ui.profiles import lists, painting
from coach_desktop.ui.profiles.painting import Badge
from coach_desktop.ui.profiles.thumbnails import Thumbnails
from coach_desktop.ui.tables import Index

_SIDE: Final = 12
_TOP: Final = 9
_BETWEEN: Final = 2
_LINE_GAP: Final = 3
_PICTURE: Final = 44
_PICTURE_RADIUS: Final = 9.0
_BOX: Final = 18
_GAP: Final = 12
_INITIALS_PT: Final = 1.15


class PickerModel(lists.ListModel[Entry]):
    """The rows in view; ticks outlive what is in view."""

    def __init__(self, ticked: Collection[str] | None) -> None:
        """Begin empty; `ticked` are the ids with a tick, or None where there are no ticks."""
        super().__init__()
        # In the order in which they were ticked, which is the order in which they are written down.
        self.ticked: dict[str, None] | None = None if ticked is None else dict.fromkeys(ticked)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a row shows and says."""
        if not index.isValid():
            return None
        entry = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(entry)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (entry.title, below(entry)) if part)
        if role == Qt.ItemDataRole.CheckStateRole and self.ticked is not None:
            return Qt.CheckState.Checked if entry.id in self.ticked else Qt.CheckState.Unchecked
        return None

    def toggle(self, row: int) -> bool:
        """Tick a row or take its tick away; return whether that may be: what is refused can only lose its tick."""
        entry = self.rows[row]
        if self.ticked is None or (entry.refusal and entry.id not in self.ticked):
            return False
        if entry.id in self.ticked:
            del self.ticked[entry.id]
        else:
            self.ticked[entry.id] = None
        index = self.index(row)
        self.dataChanged.emit(index, index)
        return True

    def spoken(self, entry: Entry) -> str:
        """Return a row as a screen reader says it."""
        said = [entry.title, *(badge.text for badge in badges(entry)), below(entry)]
        if self.ticked is not None:
            said.append("ticked" if entry.id in self.ticked else "not ticked")
        return ", ".join(part for part in said if part)


def badges(entry: Entry) -> list[Badge]:
    """Return the words in frames that stand beside a name."""
    found = []
    if entry.state:
        found.append(Badge(entry.state, "watch", "watch_soft"))
    if entry.own is not None:
        found.append(Badge("Yours", "good", "good_soft") if entry.own else Badge("Stock", "muted", "surface"))
    return found


def below(entry: Entry) -> str:
    """Return what stands below a name: the id where it is not the name, and what else is to be known."""
    told = [entry.id if entry.name and entry.name != entry.id else "", entry.more, ", ".join(entry.tags), entry.refusal]
    return "  ·  ".join(part for part in told if part)


class PickerList(QListView):
    """Shows what can be picked, pictures of those in view among it."""

    def __init__(self, model: PickerModel, thumbnails: Thumbnails | None, parent: QWidget | None = None) -> None:
        """Show the rows of `model`; without `thumbnails` there is no room for pictures."""
        super().__init__(parent)
        self._model = model
        self._thumbnails = thumbnails
        self.setModel(model)
        self.setItemDelegate(_Painter(self, model, self._picture if thumbnails else None))
        lists.dress(self)
        self.setUniformItemSizes(True)
        if thumbnails is not None:
            thumbnails.thumbnail_came.connect(self._on_thumbnail_came)
            self.verticalScrollBar().valueChanged.connect(lambda _value: self._drop_what_went_by())

    @property
    def current(self) -> Entry | None:
        """The current row, or None where there is none."""
        index = self.currentIndex()
        return self._model.rows[index.row()] if index.isValid() else None

    def show_entries(self, entries: Sequence[Entry], current: str) -> None:
        """Show these rows and make the one with the id `current`, or else the first one, the current one."""
        at = self.verticalScrollBar().value()
        row = next((number for number, entry in enumerate(entries) if entry.id == current), 0)
        self._model.show_rows(entries)
        self.setCurrentIndex(self._model.index(row))
        # The rows that somebody looks at stay where they are while more come in.
        self.verticalScrollBar().setValue(at)
        seen = self.viewport().rect().contains(self.visualRect(self.currentIndex()))
        hint = QAbstractItemView.ScrollHint.EnsureVisible if seen else QAbstractItemView.ScrollHint.PositionAtCenter
        self.scrollTo(self.currentIndex(), hint)

    def _picture(self, entry: Entry) -> QImage | None:
        return self._thumbnails.picture(entry.image_url, entry.video_url) if self._thumbnails else None

    def _drop_what_went_by(self) -> None:
        """Ask for no pictures of rows that were scrolled past."""
        height = self.viewport().height()
        first, last = self.indexAt(QPoint(20, 0)), self.indexAt(QPoint(20, height - 1))
        if self._thumbnails is not None and first.isValid():
            end = last.row() + 1 if last.isValid() else len(self._model.rows)
            seen = self._model.rows[first.row() : end]
            self._thumbnails.only({(entry.image_url, entry.video_url) for entry in seen})

    def _on_thumbnail_came(self, _fetch: object) -> None:
        self.viewport().update()


class _Painter(QStyledItemDelegate):
    """Paints a row: tick, picture or initials, name, badges, and a line below."""

    def __init__(self, view: PickerList, model: PickerModel, picture: Callable[[Entry], QImage | None] | None) -> None:
        super().__init__(view)
        self._view = view
        self._model = model
        self._picture = picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002 - Qt's signature
        words = QFontMetrics(painting.bold(option.font)).height() + _LINE_GAP + painting.small_height(option.font)
        inside = max(words, _PICTURE) if self._picture else words
        return QSize(self._view.viewport().width(), inside + 2 * (_TOP + _BETWEEN))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current().tokens
        entry = self._model.rows[index.row()]
        current = self._view.currentIndex().row() == index.row()
        place = QRectF(option.rect).adjusted(1, _BETWEEN, -1, -_BETWEEN)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painting.card(painter, place, chosen=current, hovered=hovered, focused=self._view.hasFocus())
        left = option.rect.left() + _SIDE
        middle = place.center().y()
        if self._model.ticked is not None:
            self._paint_box(painter, QRectF(left, middle - _BOX / 2, _BOX, _BOX), ticked=entry.id in self._model.ticked)
            left += _BOX + _GAP
        if self._picture is not None:
            picture = self._picture(entry)
            self._paint_picture(painter, QRectF(left, middle - _PICTURE / 2, _PICTURE, _PICTURE), entry, picture)
            left += _PICTURE + _GAP
        self._paint_words(painter, option, entry, left, tokens.muted if entry.refusal else tokens.text)
        painter.restore()

    def _paint_words(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry, left: int, ink: str) -> None:
        right = option.rect.right() - _SIDE
        name, small = painting.bold(option.font), painting.small(option.font)
        told = below(entry)
        height = QFontMetrics(name).height()
        whole = height + (_LINE_GAP + painting.small_height(option.font) if told else 0)
        top = option.rect.center().y() - whole // 2
        edge = right
        for badge in reversed(badges(entry)):
            edge = painting.badge(painter, badge, option.font, QRect(left, top, edge - left, height))
        painter.setFont(name)
        painter.setPen(parts.colour(ink))
        # Names that differ at their ends only are told apart all the same.
        words = QFontMetrics(name).elidedText(entry.title, Qt.TextElideMode.ElideMiddle, edge - left)
        painter.drawText(QPointF(left, top + QFontMetrics(name).ascent()), words)
        painter.setFont(small)
        painter.setPen(parts.colour(theme.current().tokens.muted))
        words = QFontMetrics(small).elidedText(told, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QPointF(left, top + height + _LINE_GAP + QFontMetrics(small).ascent()), words)

    def _paint_box(self, painter: QPainter, place: QRectF, *, ticked: bool) -> None:
        tokens = theme.current().tokens
        painter.setPen(QPen(parts.colour(tokens.accent if ticked else tokens.control_border), 1.5))
        painter.setBrush(parts.colour(tokens.accent if ticked else tokens.surface))
        painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 5, 5)
        if ticked:
            painter.setPen(QPen(parts.colour(tokens.on_accent), 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            points = ((0.27, 0.52), (0.44, 0.68), (0.74, 0.34))
            painter.drawPolyline([QPointF(place.x() + x * _BOX, place.y() + y * _BOX) for x, y in points])

    def _paint_picture(self, painter: QPainter, place: QRectF, entry: Entry, picture: QImage | None) -> None:
        tokens = theme.current().tokens
        shape = QPainterPath()
        shape.addRoundedRect(place, _PICTURE_RADIUS, _PICTURE_RADIUS)
        painter.save()
        if picture is not None:
            painter.setClipPath(shape)
            painter.setOpacity(0.5 if entry.refusal else 1.0)
            painter.drawImage(place, picture)
        else:
            painter.fillPath(shape, parts.colour(tokens.sunken))
            font = painting.bold(painter.font())
            font.setPointSizeF(font.pointSizeF() * _INITIALS_PT)
            painter.setFont(font)
            painter.setPen(parts.colour(tokens.muted))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, initials(entry.title))
        painter.restore()


def initials(name: str) -> str:
    """Return one or two letters that stand for a name: those of its first two words."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or name[:1].upper()
