"""Create Chuck in my account: everything that is sent can be read and changed first, and he is never made twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QListWidget, QStackedWidget, QWidget

from coach_desktop.coaching import knowledge
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions import chuck
from coach_desktop.sessions.chuck_memory import ChuckMemory, Remembered
from coach_desktop.sessions.chuck_texts import ChangedTexts, changed_texts, our_texts
from coach_desktop.ui import parts
from coach_desktop.ui.account import chuck_errands, chuck_words
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.chuck_difference import lines_of
from coach_desktop.ui.account.chuck_pages import FacePage, KnowledgePage, OverviewPage, TextPage
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.fit import fit_width
from coach_desktop.ui.background import unless_gone
from coach_desktop.ui.profiles.account import AccountServices
from coach_desktop.ui.profiles.picker import PICKS, PickerDialog
from coach_desktop.ui.profiles.task_dialog import TaskDialog

if TYPE_CHECKING:
    from coach_desktop.sessions.chuck_plan import Change
    from coach_desktop.store.profiles import Profile
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import CreatePersona

_CONTENTS_WIDTH: Final = 176
_KEEP_AFTER_MS: Final = 1500
_INTRO: Final = (
    "A persona of your own on Tavus, who watches and listens while you practise. The texts are written for it and can "
    "be changed."
)
_TEXTS: Final = (
    ("system_prompt", "Instructions", "Who he is, how he listens and how he answers.", False),
    (
        "visual_awareness_queries",
        "What he watches",
        "Asked about your picture during the call, about every second. One question on each line.",
        True,
    ),
    (
        "audio_awareness_queries",
        "What he listens for",
        "Asked about your voice during the call. One question on each line.",
        True,
    ),
    (
        "perception_analysis_queries",
        "After the talk",
        "Answered once, at the end of the call, and shown in your report. One question on each line.",
        True,
    ),
    ("greeting", "Greeting", "His first words when you have joined. Kept in the profile, not in the persona.", False),
)


class ChuckDialog(TaskDialog):
    """Looks for Chuck when it opens. `chuck_made` brings the id of the profile that starts him."""

    chuck_made = Signal(str)
    key_asked = Signal()
    _told = Signal(str)

    def __init__(
        self,
        connect: Callable[[], TavusClient],
        own_profiles: Path,
        state_path: Path,
        parent: QWidget | None = None,
        *,
        account: AccountServices | None = None,
    ) -> None:
        """`connect` raises `CoachError` where there is no key; the texts are kept in the file at `state_path`.

        `account` shares what was loaded of the account with other dialogs.
        """
        super().__init__("Chuck in my account", parent)
        self._connect = connect
        self._own = own_profiles
        self._memory = ChuckMemory(state_path)
        self._account = account or AccountServices(connect)
        self._has_own_account = account is None
        self._ours = our_texts()
        self._essentials = knowledge.essentials()
        self._remembered = Remembered()
        self._found: chuck.Found | None = None
        self._face = self._face_name = self._note = ""
        self._is_busy = True
        self._is_making = False
        self._is_loaded = False
        self._errand = Errand(self)
        self._stop = threading.Event()
        self._keep = QTimer(self)
        self._keep.setSingleShot(True)
        self._keep.setInterval(_KEEP_AFTER_MS)
        self._keep.timeout.connect(self._keep_texts)
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)
        self._build()
        self._look()

    def done(self, result: int) -> None:
        """Close. A request that is out goes on to its own end; what was typed is kept."""
        self._stop.set()
        self._errand.drop()
        self._keep_texts()
        if self._has_own_account:
            self._account.close()
        super().done(result)

    def _build(self) -> None:
        self._overview = OverviewPage()
        self._overview.look_asked.connect(self._look)
        self._overview.keep_asked.connect(self._on_keep_asked)
        self._overview.key_asked.connect(self.key_asked)
        self.key_known = self._overview.key_known
        self._face_page = FacePage(lambda: self._pick("replica_id", (self._face,), self._on_face_picked))
        self._knowledge = KnowledgePage(
            self._essentials,
            lambda: self._pick("document_ids", self._remembered.document_ids, self._on_documents_picked),
            lambda: self._pick("document_tags", self._remembered.document_tags, self._on_tags_picked),
        )
        self._knowledge.changed.connect(self._on_choice_changed)
        self._texts = {field: TextPage(title, words, per_line=lines) for field, title, words, lines in _TEXTS}
        self._contents = QListWidget()
        self._contents.setProperty("look", "contents")
        self._contents.setAccessibleName("Parts of Chuck")
        self._pages = QStackedWidget()
        titled = (
            ("Overview", self._overview),
            ("Face", self._face_page),
            ("Knowledge", self._knowledge),
            *((title, self._texts[field]) for field, title, _words, _lines in _TEXTS),
        )
        for title, shown in titled:
            self._contents.addItem(title)
            self._pages.addWidget(shown)
        fit_width(self._contents, _CONTENTS_WIDTH)
        self._contents.currentRowChanged.connect(self._on_page_chosen)
        self._contents.setCurrentRow(0)
        for text in self._texts.values():
            text.edited.connect(self._on_choice_changed)
        self._outcome = Outcome()
        self._cancel = parts.button("Close", self._on_cancel_pressed)
        self._make = parts.button("Create Chuck in my account", self._on_make_pressed, look="primary")
        self._make.setDefault(True)
        middle = parts.row(self._contents, self._pages, spacing=18)
        middle.setStretch(1, 1)
        bottom = parts.row(self._outcome, 1, self._cancel, self._make, spacing=12)
        bottom.setStretch(0, 100)
        heading = parts.column(parts.label(self.windowTitle(), "title"), parts.label(_INTRO, "muted"), spacing=4)
        content = parts.column(heading, middle, bottom, spacing=16)
        content.setStretch(1, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self.resize(900, 600)
        self._contents.setEnabled(False)

    def _on_page_chosen(self, row: int) -> None:
        self._pages.setCurrentIndex(row)
        if row == 0 and self._is_loaded:
            self._update()

    def _look(self) -> None:
        """Ask the account how Chuck stands; what was typed stays."""
        self._is_busy = True
        self._outcome.clear()
        self._overview.show_state(chuck_words.LOOKING, busy=True, again=False)
        self._update()
        if self._is_loaded:
            self._ask()
        else:
            self._errand.run(self._memory.load, self._on_read, self._on_look_failed)

    def _on_read(self, kept: tuple[Remembered, str]) -> None:
        """Show what lies on this computer at once: the account may take its time."""
        remembered, self._note = kept
        self._show_remembered(remembered)
        self._update()
        self._ask()

    def _ask(self) -> None:
        connect, memory, own, name = self._connect, self._memory, self._own, self._ours.name
        self._errand.run(lambda: chuck_errands.look(connect, memory, own, name), self._on_looked, self._on_look_failed)

    def _on_looked(self, look: chuck_errands.Look) -> None:
        self._is_busy = False
        # What is shown here may be newer than what was kept; what is known of the account is not.
        self._remembered = self._remembered.model_copy(update={"accounts": look.remembered.accounts})
        self._found = look.found
        if look.face_id and self._face in {"", look.remembered.replica_id}:
            self._show_face(look.face_name, look.face_id)
        self._overview.show_note(" ".join(part for part in (self._note, look.note) if part))
        self._update()
        if look.error is not None:
            self._overview.show_state(chuck_words.failed(look.error))
        parts.announce(self._overview.card, self._overview.card.accessibleName())

    def _on_look_failed(self, error: CoachError) -> None:
        """Show why not even the own file could be read; nothing is overwritten in it."""
        self._is_busy = False
        self._overview.show_state(chuck_words.failed(error))
        self._update()

    def _show_remembered(self, remembered: Remembered) -> None:
        self._remembered = remembered
        ours = self._ours.texts()
        shown = remembered.texts.over(ours)
        for field, text in self._texts.items():
            text.show_text(getattr(shown, field), getattr(ours, field))
        self._knowledge.show_choice(
            use_documents=remembered.use_documents, ids=remembered.document_ids, tags=remembered.document_tags
        )
        self._show_face("", remembered.replica_id or "")
        self._is_loaded = True
        self._contents.setEnabled(True)
        self._contents.setFocus()

    def _read(self) -> Remembered:
        """Return what is shown now. Raises `CoachError` where a text cannot be sent."""
        return self._chosen(
            changed_texts({field: text.value() for field, text in self._texts.items() if not text.is_ours()})
        )

    def _chosen(self, texts: ChangedTexts) -> Remembered:
        chosen = {"replica_id": self._face or None, "use_documents": self._knowledge.documents.isChecked()}
        return self._remembered.model_copy(update={"texts": texts, **chosen})

    def _wanted(self, shown: Remembered) -> CreatePersona:
        return chuck.wanted_from(shown, self._ours, self._essentials, self._face)

    def _changes(self, wanted: CreatePersona) -> list[Change]:
        return self._found.changes(wanted) if self._found is not None else []

    def _update(self) -> None:
        """Show how things stand now."""
        is_there = self._found is not None and self._found.persona is not None
        self._make.setText("Update Chuck" if is_there else "Create Chuck in my account")
        self._make.setAccessibleName(self._make.text())
        self._cancel.setText("Cancel" if self._is_making else "Close")
        self._cancel.setAccessibleName(self._cancel.text())
        for shown in (self._face_page, self._knowledge, *self._texts.values()):
            shown.setEnabled(self._is_loaded and not self._is_making)
        problem: CoachError | None = None
        changes: list[Change] = []
        if self._is_loaded:
            try:
                wanted = self._wanted(self._read())
                changes = self._changes(wanted)
                changed = [title for field, title, _words, _lines in _TEXTS if not self._texts[field].is_ours()]
                known = self._found is not None
                facts = chuck_words.facts(wanted, self._face_name, changed, is_known=known)
                self._overview.show_facts(facts)
            except CoachError as error:
                problem = error
        sent = dict(self._found.sent) if self._found is not None else {}
        if self._pages.currentWidget() is self._overview:
            # Cards for every letter that is typed elsewhere would be made for nobody.
            self._overview.show_changes(changes, sent)
        if self._found is not None and not self._is_busy:
            theirs = sum(change.is_theirs(sent) for change in changes)
            state = chuck_words.standing(self._found, changes, theirs, str(self._texts["greeting"].value()))
            self._overview.show_state(chuck_words.failed(problem) if problem else state)
        ready = self._found is not None and not self._is_busy and problem is None and bool(self._face)
        self._make.setEnabled(ready)

    def _on_choice_changed(self) -> None:
        if not self._is_loaded:
            return
        self._keep.start()
        if not self._is_busy:
            self._outcome.clear()
            self._update()

    def _keep_texts(self) -> None:
        """Keep what was typed and chosen, in the background; of a text that cannot be sent, what was kept before."""
        self._keep.stop()
        if not self._is_loaded:
            return
        kept = self._remembered.texts.model_dump()
        for field, text in self._texts.items():
            with suppress(CoachError):
                kept[field] = getattr(changed_texts({} if text.is_ours() else {field: text.value()}), field)
        memory, chosen = self._memory, self._chosen(ChangedTexts.model_validate(kept))
        self._remembered = chosen
        self.tasks.run(lambda: chuck_errands.keep(memory, chosen), lambda _none: None, self._outcome.show_bad)

    def _on_keep_asked(self, path: str) -> None:
        """Take a text of the account over into its field."""
        change = next((change for change in self._changes(self._wanted(self._read())) if change.path == path), None)
        if change is None:
            return
        field = path.rsplit("/", 1)[-1]
        text = "\n\n".join(lines_of(change.now)) if isinstance(change.now, list) else str(change.now or "")
        for added in (self._essentials, self._ours.with_documents):
            text = text.strip().removesuffix(added.strip())
        self._texts[field].edit.setPlainText(text.strip())
        self._contents.setCurrentRow(self._pages.indexOf(self._texts[field]))

    def _pick(self, field: str, chosen: tuple[str, ...], on_picked: Callable[[tuple[str, ...]], None]) -> None:
        dialog = PickerDialog(PICKS[field], [each for each in chosen if each], self._account, self)
        dialog.picked.connect(on_picked)
        dialog.open()

    def _on_face_picked(self, ids: tuple[str, ...]) -> None:
        if not ids:
            return
        listing = self._account.directory.known("replicas")
        entry = listing.find(ids[0]) if listing is not None else None
        self._show_face(entry.name if entry is not None else "", ids[0])
        self._on_choice_changed()

    def _show_face(self, name: str, replica_id: str) -> None:
        self._face, self._face_name = replica_id, name
        self._face_page.show_face(name, replica_id)

    def _on_documents_picked(self, ids: tuple[str, ...]) -> None:
        self._remembered = self._remembered.model_copy(update={"document_ids": ids})
        self._show_knowledge()

    def _on_tags_picked(self, tags: tuple[str, ...]) -> None:
        self._remembered = self._remembered.model_copy(update={"document_tags": tags})
        self._show_knowledge()

    def _show_knowledge(self) -> None:
        self._knowledge.show_choice(
            use_documents=True, ids=self._remembered.document_ids, tags=self._remembered.document_tags
        )
        self._on_choice_changed()

    def _on_make_pressed(self) -> None:
        try:
            shown = self._read()
            wanted = self._wanted(shown)
            changes = self._changes(wanted)
        except CoachError as error:
            self._outcome.show_bad(error)
            return
        greeting = shown.texts.over(self._ours.texts()).greeting
        order = chuck_errands.Order(shown, wanted, greeting, changes)
        connect, memory, own, told = self._connect, self._memory, self._own, self._told
        stop = self._stop = threading.Event()

        def tell(words: str) -> None:
            with unless_gone(self):
                told.emit(words)

        self._is_busy = self._is_making = True
        self._contents.setCurrentRow(0)
        self._on_told("Looking for Chuck in your account…")
        # Before the button that was pressed is disabled, and the keyboard goes anywhere.
        self._cancel.setFocus()
        self._update()
        self._errand.run(
            lambda: chuck_errands.make(connect, memory, own, order, stop, tell), self._on_made, self._on_make_failed
        )

    def _on_told(self, words: str) -> None:
        if self._is_busy:
            self._overview.show_state(chuck_words.working(words), busy=True, again=False)
            parts.announce(self._overview.card, words)

    def _on_made(self, result: tuple[chuck.Made, Profile]) -> None:
        made, profile = result
        self._is_busy = self._is_making = False
        self._found = made.found
        self._account.forget()
        self._overview.show_note(" ".join(part for part in (made.found.note(), chuck_words.kept(made)) if part))
        self._update()
        self._outcome.show_good(chuck_words.outcome(made, profile.name))
        self._cancel.setFocus()
        self.chuck_made.emit(profile.id)

    def _on_make_failed(self, error: CoachError) -> None:
        self._is_busy = self._is_making = False
        if isinstance(error, chuck.NotShownError):
            self._look()
        else:
            self._update()
        self._outcome.show_bad(error)

    def _on_cancel_pressed(self) -> None:
        if not self._is_making:
            self.reject()
            return
        self._stop.set()
        self._errand.drop()
        self._is_busy = self._is_making = False
        self._outcome.show_same("Cancelled. What was sent before may have been done: look again to see it.")
        self._update()
