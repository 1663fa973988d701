"""What the user does in their Tavus account from here: the coach, documents, what runs, what it cost, what is sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.session_bar import Price

if TYPE_CHECKING:
    from coach_desktop.sessions.checking import CheckResult
    from coach_desktop.sessions.running import Running
    from coach_desktop.store.profiles import Profile
    from coach_desktop.tavus.models import CreateConversation
    from coach_desktop.ui.desk import Desk, DeskServices

log = logging.getLogger(__name__)

_PATIENCE_S: Final = 3.0


class TavusDesk(QObject):
    """Opens the dialogs that ask something of the account."""

    request_shown = Signal(object, object)
    start_asked = Signal(object)
    profile_made = Signal(str)
    documents_changed = Signal()
    running_ended = Signal()
    left_running = Signal(str)
    refused = Signal(CoachError)

    def __init__(self, services: DeskServices, desk: Desk, window: QWidget) -> None:
        """Work for this window, beside the other desk; nothing is asked before a dialog is opened."""
        super().__init__(window)
        self._services = services
        self._desk = desk
        self._window = window
        self._requests = Errand(self)
        self._look = Errand(self)
        self._has_looked = False

    def close(self) -> None:
        """Stop, in a bounded time."""
        self._look.drop()
        self._requests.close(_PATIENCE_S)

    def look_once(self) -> None:
        """Look whether something of this app runs that this computer does not look after; `left_running` tells it.

        Only the first call looks. Whoever is offline hears nothing: the next start looks again.
        """
        if self._has_looked:
            return
        self._has_looked = True
        services = self._services

        def look() -> Running:
            from coach_desktop.sessions import running

            return running.look(services.connect, services.data.database)

        self._look.run(look, self._on_looked, lambda error: log.info("what runs is not known: %s", error.what))

    def _on_looked(self, running: Running) -> None:
        if words := running.told_of_unknown:
            self.left_running.emit(words)

    def show_chuck(self) -> None:
        """Make Chuck in the account, or bring him up to date."""
        from coach_desktop.ui.account.chuck_dialog import ChuckDialog

        def make() -> QDialog:
            services = self._services
            dialog = ChuckDialog(
                services.connect,
                services.data.profiles,
                services.data.chuck,
                self._window,
                account=self._desk.account(),
            )
            dialog.key_asked.connect(self._desk.show_key)
            self._desk.key_known.connect(dialog.key_known)
            dialog.chuck_made.connect(self.profile_made)
            return dialog

        self._desk.dialogs.show("chuck", make)

    def show_documents(self) -> None:
        """Show the documents of the account."""
        from coach_desktop.ui.account.documents_dialog import DocumentsDialog

        def make() -> QDialog:
            dialog = DocumentsDialog(self._services.connect, self._window)
            dialog.key_asked.connect(self._desk.show_key)
            self._desk.key_known.connect(dialog.key_known)
            dialog.documents_changed.connect(self.documents_changed)
            return dialog

        self._desk.dialogs.show("documents", make)

    def show_running(self) -> None:
        """Show what runs in the account now."""
        from coach_desktop.ui.account.running_dialog import RunningDialog

        def make() -> QDialog:
            services = self._services
            dialog = RunningDialog(services.connect, services.data.database, services.under_way, self._window)
            dialog.key_asked.connect(self._desk.show_key)
            self._desk.key_known.connect(dialog.key_known)
            dialog.ended.connect(self.running_ended)
            return dialog

        self._desk.dialogs.show("running", make)

    def show_minutes(self) -> None:
        """Show how many minutes were used."""
        from coach_desktop.ui.account.minutes_dialog import MinutesDialog

        def make() -> QDialog:
            settings = self._services.settings.current
            return MinutesDialog(self._services.data.database, settings, Price.entered(settings), self._window)

        self._desk.dialogs.show("minutes", make)

    def show_knowledge(self) -> None:
        """Show what good speaking rests on."""
        from coach_desktop.ui.account.knowledge_dialog import KnowledgeDialog

        try:
            self._desk.dialogs.show("knowledge", lambda: KnowledgeDialog(self._window))
        except CoachError as error:
            self.refused.emit(error)

    def preview(self, profile: Profile, *, can_start: bool = True, check: bool = False) -> None:
        """Show exactly what the next start of this profile sends, and `check` it at once where that was asked for."""

        def show(request: CreateConversation) -> None:
            self._show_preview(profile, request, can_start=can_start, check=check)

        self._requests.run(lambda: self._services.request_for(profile), show, self.refused.emit)

    def drop_preview(self) -> None:
        """Show no preview, not even one that is still being made: what it would start has begun without it."""
        self._requests.drop()
        self._desk.dialogs.drop("preview")

    def _show_preview(self, profile: Profile, request: CreateConversation, *, can_start: bool, check: bool) -> None:
        from coach_desktop.store.settings import api_address
        from coach_desktop.ui.account.preview_dialog import PreviewDialog

        try:
            address = api_address(self._services.settings.current)
        except CoachError as error:
            self.refused.emit(error)
            return

        def make() -> QDialog:
            # Over the editor, where it was asked for there.
            parent = QApplication.activeModalWidget() or self._window
            dialog = PreviewDialog(profile, request, self._check, parent, address=address, can_start=can_start)
            dialog.start_asked.connect(lambda: self.start_asked.emit(profile))
            self.request_shown.emit(profile, request)
            if check:
                dialog.check()
            return dialog

        self._desk.dialogs.show("preview", make)

    def _check(self, request: CreateConversation) -> CheckResult:
        from coach_desktop.sessions.checking import check_for_free

        with self._services.connect() as client:
            return check_for_free(client, request)
