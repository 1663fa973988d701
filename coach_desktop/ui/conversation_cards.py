"""What a report says of a conversation on Tavus: how it went, what is still to come, and what was seen."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QFrame, QLayout, QWidget

from coach_desktop.coaching import labels, outcome
from coach_desktop.coaching.report import Report
from coach_desktop.store.history import AnalysisState
from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import busy_bar
from coach_desktop.ui.prose_view import ProseView
from coach_desktop.ui.theme import Drawing

MAY_RUN: Final = (
    "It is not sure that this conversation has ended: it may still be running at Tavus and cost money. The app keeps "
    "trying to end it."
)
_STATUS: Final = {
    "done": ("Ended in good order", "good", "good"),
    "interrupted": ("Interrupted", "watch", "watch"),
    "failed": ("Did not come about", "act", "act"),
}
_BAR_WIDTH: Final = 260
_DRAWING: Final = 18


class FactsCard(QWidget):
    """How a conversation went: status, length, billed time, and why it ended."""

    def __init__(self) -> None:
        """Make the card without facts."""
        super().__init__()
        self._drawing = Drawing("good", "good", _DRAWING)
        self._status, self._length, self._billed = (parts.label("", "strong", wrap=False) for _ in range(3))
        for value in (self._status, self._length, self._billed):
            # As high as the drawing, so that all three stand on one line.
            value.setMinimumHeight(_DRAWING)
        self._ending = parts.label("", "muted")
        status = parts.row(self._drawing, self._status, 1, spacing=6)
        facts = parts.row(
            _fact("How it went", status),
            _fact("Length", self._length),
            _fact("Billed time", self._billed),
            1,
            spacing=36,
        )
        self.setLayout(parts.column(parts.frame("card", parts.column(facts, self._ending, spacing=12))))

    def show_report(self, report: Report, *, may_run: bool) -> None:
        """Show the facts of a report; `may_run`: it may be billed for longer than is known."""
        session = report.session
        words, drawing, tint = _STATUS[session.status]
        self._drawing.show_drawing(drawing, tint)
        parts.change_look(self._status, tint)
        self._status.setText(words)
        self._length.setText(labels.duration(session.duration_s) if session.duration_s else parts.NO_FIGURE)
        billed = labels.duration(session.billed_s) if session.billed_s else "Nothing"
        self._billed.setText(f"At least {billed}" if may_run and session.billed_s else billed)
        self._length.setAccessibleName(f"Length: {self._length.text()}")
        self._billed.setAccessibleName(f"Billed time: {self._billed.text()}")
        ending = outcome.ending_in(report)
        self._ending.setText(ending or "")
        self._ending.setVisible(ending is not None)


class WaitingCard(QWidget):
    """What is still to come, with a bar that moves while it is waited for."""

    def __init__(self) -> None:
        """Make the card without words."""
        super().__init__()
        self._words = parts.label("")
        self._bar = busy_bar("Waiting")
        self._bar.setFixedWidth(_BAR_WIDTH)
        note = parts.label("It comes from Tavus and can take some minutes. You need not stay on this page.", "muted")
        text = parts.column(self._words, note, parts.row(self._bar, 1), spacing=8)
        picture = parts.column(Drawing("cloud", "accent", 24), 1)
        row = parts.row(picture, text, spacing=16)
        row.setStretch(1, 1)
        self.setLayout(parts.column(parts.frame("card", row)))

    def show_words(self, words: str) -> None:
        """Say what is waited for; empty hides the card."""
        self._words.setText(words)
        self._bar.setAccessibleName(words)
        self.setVisible(bool(words))


class SeenSection(QWidget):
    """What Tavus says that it saw, without what describes a person's looks."""

    def __init__(self) -> None:
        """Make the section without text."""
        super().__init__()
        self._whose = parts.label(outcome.NOT_OURS, "muted")
        self.view = ProseView("What was seen")
        self._card: QFrame = parts.frame("card", parts.column(self.view), margins=(16, 12, 16, 7))
        self._left_out = parts.label("", "muted")
        self._none = parts.label("", "muted")
        self.setLayout(
            parts.column(
                parts.column(parts.label("What was seen", "heading"), self._whose, spacing=2),
                self._card, self._left_out, self._none, spacing=10,
            )
        )  # fmt: skip

    def show_report(self, report: Report, analysis: AnalysisState) -> None:
        """Show the analysis in a report, or why there is none; hidden while it may still come."""
        found = outcome.analysis_in(report)
        text = found.text if found else ""
        left_out = outcome.left_out_words(found.left_out) if found else ""
        none = "" if found else outcome.unavailable_in(report) or _NOT_SEEN[analysis]
        if found and not text:
            none = "Nothing of what Tavus described can be shown." if left_out else _NOT_SEEN["missing"]
        if text and text != self.view.toPlainText():
            self.view.show_prose(text)
        self._card.setVisible(bool(text))
        self._whose.setVisible(bool(text))
        for label, words in ((self._left_out, left_out), (self._none, none)):
            label.setText(words)
            label.setVisible(bool(words))
        self.setVisible(bool(text or left_out or none) and report.session.status != "failed")


_NOT_SEEN: Final[dict[AnalysisState, str]] = {
    "none": "",
    "pending": "",
    "done": "Tavus did not describe what was seen in this conversation.",
    "missing": "Tavus sent no description of what was seen, and the app no longer asks for it.",
}


def still_to_come(report: Report, analysis: AnalysisState) -> str:
    """Return in words what of a report is still waited for; empty where nothing is."""
    if analysis != "pending" or report.session.status == "failed":
        return ""
    unsaid = not report.transcript
    unseen = outcome.analysis_in(report) is None and outcome.unavailable_in(report) is None
    if unsaid and unseen:
        return "The transcript and what was seen are not there yet; they will be added by themselves."
    if unsaid:
        return "The transcript is not there yet; it will be added by itself."
    return "What was seen is not there yet; it will be added by itself." if unseen else ""


def no_transcript(report: Report, analysis: AnalysisState) -> str:
    """Return in words why a Tavus report has no transcript; empty where that needs no words, or it may come."""
    if report.transcript or analysis == "pending" or report.session.status == "failed":
        return ""
    if analysis == "missing":
        return "Tavus sent no transcript, and the app no longer asks for it."
    return "Nothing was said, or Tavus wrote nothing down."


def _fact(name: str, value: QWidget | QLayout) -> QLayout:
    return parts.column(parts.label(name, "small", wrap=False), value, spacing=4)
