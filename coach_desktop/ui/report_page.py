"""The report of one session: what worked, what to try next, and every measure with its figure or its reason."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from coach_desktop.coaching import labels, outcome
from coach_desktop.coaching.report import Finding, Passage, Report, words
from coach_desktop.coaching.track import Track
from coach_desktop.core.errors import CoachError
from coach_desktop.store.history import AnalysisState
from coach_desktop.store.recordings import Recordings
from coach_desktop.ui import dialogs, parts, theme
from coach_desktop.ui.conversation_cards import (
    MAY_RUN,
    FactsCard,
    SeenSection,
    WaitingCard,
    no_transcript,
    still_to_come,
)
from coach_desktop.ui.eyes_timeline import EyesSection
from coach_desktop.ui.figures_section import FiguresSection
from coach_desktop.ui.keep_card import KeepCard
from coach_desktop.ui.kept_sound import KeptSound
from coach_desktop.ui.theme import Drawing
from coach_desktop.ui.transcript.section import TranscriptSection

_LONGEST_TITLE = 90


class FindingCard(QWidget):
    """One strength or action: its figure, band and time, what it means, and why on request."""

    def __init__(self, finding: Finding) -> None:
        """Show a finding."""
        super().__init__()
        strength = finding.kind == "strength"
        tint = finding.band
        title = parts.label("What worked" if strength else "What to try next", "muted", wrap=False)
        figure = parts.label(self._figure(finding), "strong", wrap=False)
        band = parts.row(
            Drawing(tint, tint, 18),
            parts.label(parts.sentence(labels.band(finding.band)), tint, wrap=False),
            spacing=6,
        )
        self._why = parts.label(finding.why, "muted")
        self._why.hide()
        self.toggle = parts.button("Why?", self._on_why_toggled, look="quiet", icon="expand", tint="accent")
        self._measure = labels.label(finding.measure)
        self.toggle.setAccessibleName(f"Why? {self._measure}")
        ways = [self.toggle]
        text = parts.column(
            parts.row(title, 1, figure, band, spacing=12),
            parts.label(parts.whole_figures(finding.text), "lead"),
            spacing=6,
        )
        if finding.knowledge is not None:
            quote = Quote(finding.knowledge)
            text.addSpacing(4)
            text.addWidget(quote)
            ways.append(quote.read)
        # In the order in which the keyboard goes through them.
        self.stops: tuple[QWidget, ...] = tuple(ways)
        text.addLayout(parts.row(*ways, 1))
        text.addWidget(self._why)
        picture = parts.column(Drawing("strength" if strength else "action", tint, 26), 1)
        card = parts.frame(f"card-{tint}", parts.row(picture, text, spacing=16), margins=(20, 16, 20, 12))
        self.setLayout(parts.column(card))
        self.setAccessibleName(f"{title.text()}: {finding.text}")

    @staticmethod
    def _figure(finding: Finding) -> str:
        figure = labels.figure(finding.measure, finding.value)
        # What is about the whole talk has no moment of its own: its time is the talk's beginning.
        when = [f"at {labels.clock(finding.at_s)}"] if finding.at_s > 0 else []
        return " · ".join([labels.label(finding.measure), figure, *when])

    def _on_why_toggled(self) -> None:
        shown = self._why.isHidden()
        self._why.setVisible(shown)
        words = "Hide why" if shown else "Why?"
        self.toggle.setText(words)
        self.toggle.setAccessibleName(f"{words} {self._measure}")
        theme.current().set_icon(self.toggle, "collapse" if shown else "expand", "accent")
        if shown:
            parts.announce(self._why, self._why.text())


class Quote(QFrame):
    """What an action rests on: a passage of Keys to Public Speaking, with its source."""

    def __init__(self, passage: Passage) -> None:
        """Show a passage. The button `read`, which opens its section, has its place elsewhere."""
        super().__init__()
        self._key = passage.section
        self.setProperty("look", "quote")
        name = parts.label(f"Keys to Public Speaking: {passage.title}", "strong")
        self.read = parts.button("Read the key", self._on_read_pressed, look="quiet", icon="knowledge", tint="accent")
        self.read.setAccessibleName(f"Read the key: {passage.title}")
        content = parts.column(
            name, parts.label(passage.text), parts.label(f"Source: {passage.source}", "small"), spacing=4
        )
        content.setContentsMargins(14, 3, 0, 4)
        self.setLayout(content)

    def _on_read_pressed(self) -> None:
        # Imported here: a report is shown sooner without it.
        from coach_desktop.ui.account.knowledge_dialog import KnowledgeDialog

        try:
            KnowledgeDialog(self.window(), key=self._key).open()
        except CoachError as error:
            parts.notice(self.window(), error.what, f"{error.safe} {error.do}").open()


class ReportPage(QWidget):
    """Shows a report."""

    practise_asked = Signal()
    back_asked = Signal()

    def __init__(self, parent: QWidget | None = None, *, recordings: Recordings | None = None) -> None:
        """Make the page without a report. `recordings` is where the sound of sessions is kept, if anywhere."""
        super().__init__(parent)
        self._report: Report | None = None
        self._title = parts.label("Your report", "title")
        self._when = parts.label("", "muted", wrap=False)
        self._again = parts.button(
            "Practise again", self.practise_asked.emit, look="primary", icon="start", tint="on_accent"
        )
        self._back = parts.button("Back", self.back_asked.emit, icon="back")
        self.keeping = KeepCard()
        self._notice_words = parts.label("")
        self._notice = parts.frame(
            "card-watch", parts.row(parts.column(Drawing("info", "watch", 22), 1), self._notice_words, spacing=14)
        )
        self._notice_words.setSizePolicy(
            self._notice_words.sizePolicy().horizontalPolicy().Expanding,
            self._notice_words.sizePolicy().verticalPolicy(),
        )
        self._facts = FactsCard()
        self._waiting = WaitingCard()
        self._findings = QVBoxLayout()
        self._findings.setSpacing(12)
        self._eyes = EyesSection()
        self._seen = SeenSection()
        self._figures = FiguresSection()
        self._said = TranscriptSection()
        self._sound = KeptSound(recordings)
        self._as_text = parts.button("Show as text", self._on_text_asked, icon="text")
        self._as_json = parts.button("Show as JSON", self._on_json_asked, icon="copy")
        head = parts.row(parts.column(self._title, self._when, spacing=2), self._back, self._again)
        head.setStretch(0, 1)
        self._content = parts.column(
            head, self.keeping, self._notice, self._facts, self._waiting, self._findings, self._eyes, self._seen,
            self._figures, self._said, self._sound, parts.row(self._as_text, self._as_json, 1), 1, spacing=16,
        )  # fmt: skip
        self._area = parts.scrolled(self._content, "Report")
        QWidget.setTabOrder(self._again, self.keeping.button)
        self.setLayout(parts.column(self._area, spacing=0))

    def show_report(self, report: Report, *, analysis: AnalysisState = "none", may_run: bool = False) -> None:
        """Show a report and say what is in it through a screen reader.

        `analysis` says how it stands with transcript and analysis of a Tavus conversation, `may_run` that its end is
        not sure. A newer version of the
        report that is shown already leaves the place on the page and the keyboard as they are.
        """
        before = self._report
        self._report = report
        renewed = before is not None and before.session.id == report.session.id and self.isVisible()
        session = report.session
        self._when.setText(f"{parts.local_time(session.started_at)} · {labels.duration(session.duration_s)}")
        self._show_notice(report, may_run=may_run)
        self._facts.setVisible(session.provider == "tavus")
        self._facts.show_report(report, may_run=may_run)
        waiting = still_to_come(report, analysis)
        self._waiting.show_words(waiting)
        self._show_findings(report)
        self._eyes.show_report(report)
        self._seen.show_report(report, analysis)
        self._figures.show_report(report, renewed=renewed)
        self._said.show_report(report, no_transcript(report, analysis) if session.provider == "tavus" else "")
        self._sound.show_session(session.id)
        self._put_in_order(report)
        if renewed and before is not None:
            if news := _news(before, report):
                parts.announce(self, news)
            return
        self._area.verticalScrollBar().setValue(0)
        self._again.setFocus()
        said = ["Your report is ready.", *(finding.text for finding in report.findings), waiting]
        parts.announce(self, " ".join(said).strip())

    def show_title(self, title: str) -> None:
        """Show what a recorded talk is called; without a `title` it is the user's own session."""
        shown = title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 9]}…{title[-8:]}"
        self._title.setText(f"Report of {parts.breakable(shown)}" if title else "Your report")

    def show_track(self, session_id: str, track: Track | None) -> None:
        """Show what was seen over the time of a session, if it is the one in view. None: nothing was kept of it."""
        self._eyes.show_track(session_id, track)

    def show_track_problem(self, session_id: str, error: CoachError) -> None:
        """Say why what was seen over time cannot be shown."""
        self._eyes.show_problem(session_id, error.what)

    def close_tasks(self) -> None:
        """Stop what is asked of the disk, in a bounded time."""
        self._sound.close_tasks()

    def _show_findings(self, report: Report) -> None:
        parts.clear(self._findings)
        before: QWidget = self.keeping.button
        for finding in sorted(report.findings, key=lambda finding: finding.kind != "strength"):
            card = FindingCard(finding)
            self._findings.addWidget(card)
            # A new widget is last in the order of Tab, whatever its place on the page.
            for stop in card.stops:
                QWidget.setTabOrder(before, stop)
                before = stop
        if not report.findings and not self._figures.folds(report):
            self._findings.addWidget(_nothing_found())

    def _show_notice(self, report: Report, *, may_run: bool) -> None:
        said = [MAY_RUN] if may_run else []
        if report.session.status == "interrupted":
            said.append("This session was interrupted. The report is made of what had arrived until then.")
        elif report.session.status == "failed":
            said.append("This session did not come about, so nothing was measured.")
        said += labels.warnings(report)
        self._notice_words.setText("\n".join(said))
        self._notice.setVisible(bool(said))

    def _put_in_order(self, report: Report) -> None:
        """Figures before words, unless there are no figures."""
        first, second = (self._said, self._figures) if self._figures.folds(report) else (self._figures, self._said)
        for section in (first, second):
            self._content.removeWidget(section)
        place = self._content.indexOf(self._seen) + 1
        self._content.insertWidget(place, first)
        self._content.insertWidget(place + 1, second)
        stops = (
            (*self._said.stops, *self._figures.stops)
            if first is self._said
            else (*self._figures.stops, *self._said.stops)
        )
        for one, next_one in pairwise((self._seen.view, *stops, *self._sound.stops, self._as_text)):
            QWidget.setTabOrder(one, next_one)

    def _on_text_asked(self) -> None:
        if self._report is not None:
            dialogs.text(self, "Report as text", words(self._report)).open()

    def _on_json_asked(self) -> None:
        if self._report is not None:
            dialogs.text(self, "Report as JSON", self._report.model_dump_json(by_alias=True, indent=2)).open()


def _news(before: Report, now: Report) -> str:
    came = []
    if now.transcript and not before.transcript:
        came.append("The transcript has come.")
    if outcome.analysis_in(now) is not None and outcome.analysis_in(before) is None:
        came.append("What was seen has come.")
    return " ".join(came)


def _nothing_found() -> QWidget:
    return parts.frame(
        "card",
        parts.row(
            parts.column(Drawing("not-measured", "muted", 26), 1),
            parts.column(
                parts.label("Nothing to advise on", "heading"),
                parts.label("Too little was measured for advice. The table below says why.", "muted"),
                spacing=4,
            ),
            spacing=16,
        ),
    )
