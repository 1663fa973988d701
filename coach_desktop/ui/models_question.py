"""Before a session with the coach on this computer: a model file that is missing is fetched only after a yes."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QProgressBar, QWidget

from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.fit import FittedDialog, fit_height
from coach_desktop.ui.background import unless_gone
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach_desktop.core.errors import CoachError
    from coach_desktop.sessions.model_consent import Lacking, ModelConsent
    from coach_desktop.store.profiles import Profile
    from coach_desktop.ui.desk import Desk

log = logging.getLogger(__name__)

_WIDTH: Final = 580
_MEGABYTE: Final = 1e6
_STEPS: Final = 100


class ModelsQuestion(QObject):
    """Stands between the button and the session. Looks in a thread, and asks where something is missing."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        """Ask in a dialog above this widget's window."""
        super().__init__(window)
        self._desk = desk
        self._window = window
        self._errand = Errand(self)

    def settle(self, profile: Profile, begin: Callable[[], None]) -> None:
        """Call `begin` at once where nothing is to be asked, otherwise after the answer; never, where that is no."""
        models = self._desk.models
        if models is None or not models.concerns(profile):
            begin()
            return

        def looked(lacking: Lacking | None) -> None:
            if lacking is None:
                begin()
            else:
                self._ask(models, lacking, begin)

        def failed(error: CoachError) -> None:
            # The session itself says what is not measured, and why.
            log.warning("it is not known which models are missing: %s", error.details)
            begin()

        self._errand.run(models.look, looked, failed)

    def _ask(self, models: ModelConsent, lacking: Lacking, begin: Callable[[], None]) -> None:
        def make() -> QDialog:
            dialog = ModelsDialog(models, lacking, self._window.window())
            dialog.start_wanted.connect(begin)
            return dialog

        self._desk.dialogs.show("models", make)


class ModelsDialog(FittedDialog):
    """Says what is missing, how large it is and where it comes from, and fetches it after a yes."""

    start_wanted = Signal()
    """The session is to start, with the model or without."""
    _came = Signal(int)

    def __init__(self, models: ModelConsent, lacking: Lacking, parent: QWidget | None = None) -> None:
        """Ask about what is `lacking`. Nothing is fetched by itself."""
        super().__init__(parent)
        self._models = models
        self._size = lacking.size
        self._errand = Errand(self)
        self._enough = threading.Event()
        self._came.connect(self._on_part_came)
        self.setWindowTitle("A model is missing")
        self.setAccessibleName("A model is missing")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Downloading the model")
        self._far = parts.label("", "muted", wrap=False)
        self._progress = QWidget()
        self._progress.setLayout(parts.column(self._far, self._bar, spacing=6))
        self._progress.hide()
        self._outcome = Outcome()
        self._cancel = parts.button("Cancel", self.reject)
        self._without = parts.button("Start without", self._on_without_pressed)
        self._download = parts.button(
            "Download and start", self._on_download_pressed, look="primary", icon="import", tint="on_accent"
        )
        self._download.setDefault(True)
        self._build(lacking)

    def showEvent(self, event: QShowEvent) -> None:
        """Be no larger than the texts: before the style is known they seem to need more."""
        super().showEvent(event)
        self.resize(self.minimumSize())

    def done(self, result: int) -> None:
        """Close at once. What is being fetched is given up; what has come of it is kept."""
        self._enough.set()
        self._errand.drop()
        super().done(result)

    def _build(self, lacking: Lacking) -> None:
        lead = (
            "To make out your words, the coach on this computer needs a model that is not here yet. It is downloaded"
            " once and works without a network from then on."
        )
        facts = (
            ("What", f"{lacking.origins} ({lacking.licences} licence)"),
            ("How much", f"{lacking.size / _MEGABYTE:.0f} MB"),
            ("From where", f"{lacking.hosts}, its official source; checked before it is used"),
            ("What is sent", "Nothing of yours"),
        )
        rows = parts.column(spacing=8)
        for name, words in facts:
            title = parts.label(name, "small", wrap=False)
            title.setFixedWidth(title.fontMetrics().averageCharWidth() * 16)
            row = parts.row(title, parts.label(parts.breakable(words)), spacing=12)
            row.setStretch(1, 1)
            rows.addLayout(row)
        without = (
            "Without it a talk goes on as ever: eye contact, pauses and voice are measured. Transcript, pace and"
            " fillers are then shown as not measured."
        )
        heading = parts.row(Drawing("import", "accent", 26), parts.label("A model is missing", "heading"), spacing=12)
        heading.setStretch(1, 1)
        content = parts.column(
            heading,
            parts.label(lead),
            parts.frame("card", rows, margins=(18, 14, 18, 14)),
            parts.label(without, "muted"),
            self._progress,
            self._outcome,
            parts.row(self._cancel, 1, self._without, self._download),
            spacing=16,
        )
        content.setContentsMargins(28, 24, 28, 22)
        self.setLayout(content)

    def _on_without_pressed(self) -> None:
        self._models.decline()
        self._start()

    def _on_download_pressed(self) -> None:
        self._enough = enough = threading.Event()
        self._outcome.clear()
        self._on_part_came(0)
        self._progress.show()
        self._download.setEnabled(False)
        self._cancel.setFocus()
        fit_height(self)
        parts.announce(self, f"Downloading {self._size / _MEGABYTE:.0f} MB")
        told = -1

        def progress(done: int, total: int) -> None:
            nonlocal told
            step = done * _STEPS // max(total, 1)
            if step != told and not enough.is_set():
                told = step
                with unless_gone(self):
                    self._came.emit(step)

        self._errand.run(lambda: self._models.fetch(progress, enough), lambda _done: self._start(), self._on_failed)

    def _on_part_came(self, step: int) -> None:
        self._bar.setValue(step)
        so_far = step / _STEPS * self._size / _MEGABYTE
        self._far.setText(f"{so_far:.0f} of {self._size / _MEGABYTE:.0f} MB")

    def _on_failed(self, error: CoachError) -> None:
        log.info("a model was not fetched: %s (%s)", error.what, error.details)
        self._progress.hide()
        self._outcome.show_bad(error)
        self._download.setText("Try again")
        self._download.setAccessibleName("Try again")
        self._download.setEnabled(True)
        self._download.setFocus()
        fit_height(self)

    def _start(self) -> None:
        self.accept()
        self.start_wanted.emit()
