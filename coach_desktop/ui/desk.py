"""All that surrounds a session: profiles, the key, the settings. Opens their dialogs and tells what has changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.store.secrets import KeyState, KeyStatus, KeyStore
from coach_desktop.ui.account.keys import KeyBridge
from coach_desktop.ui.background import TaskRunner
from coach_desktop.ui.open_dialogs import OpenDialogs

if TYPE_CHECKING:
    from collections.abc import Collection

    from coach_desktop.core.paths import DataFolder
    from coach_desktop.sessions.model_consent import ModelConsent
    from coach_desktop.store.profile_files import Shelf
    from coach_desktop.store.profiles import Profile
    from coach_desktop.store.settings import Settings, SettingsFile
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import CreateConversation
    from coach_desktop.ui.profiles.account import AccountServices

_PICTURES_S: Final = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeskServices:
    """What the desks work with. `env_file` is a `.env` that is offered once, where there is one.

    `connect` reaches the user's account, `request_for` tells what the next conversation of a profile asks for, and
    `check_key` tries a key; all three may wait, and raise `CoachError`. `under_way` tells the ids of the sessions of
    this process that are not over. `models` is asked for before a session of the local coach, where it is there.
    """

    data: DataFolder
    keys: KeyStore
    check_key: Callable[[str], None]
    settings: SettingsFile
    connect: Callable[[], TavusClient]
    request_for: Callable[[Profile], CreateConversation]
    under_way: Callable[[], Collection[str]]
    env_file: Path | None = None
    models: ModelConsent | None = None


class Desk(QObject):
    """Keeps what is known of profiles and key, and shows the dialogs that change them; none holds up the app."""

    shelf_loaded = Signal(object)
    key_known = Signal(KeyStatus)
    profile_imported = Signal(str)
    preview_asked = Signal(object)
    check_asked = Signal(object)
    address_changed = Signal()
    keeping_changed = Signal(bool)
    """Whether the sound of talks with the local coach is kept from now on."""
    settings_refused = Signal(CoachError)

    def __init__(self, services: DeskServices, window: QWidget) -> None:
        """Work for this window; nothing is asked before `begin`."""
        super().__init__(window)
        self._services = services
        self._window = window
        self.dialogs = OpenDialogs()
        self._account: AccountServices | None = None
        self._tasks = TaskRunner(self)
        self._keys = KeyBridge(services.keys, self)
        self._keys.key_probed.connect(self._on_key_probed)
        self.key: KeyStatus | None = None
        self._on_found: Callable[[], None] | None = None

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self._services.settings.current

    @property
    def models(self) -> ModelConsent | None:
        """Who is asked whether a model file that is missing may be fetched."""
        return self._services.models

    @property
    def has_key(self) -> bool | None:
        """Whether a Tavus key can be used; None while the keyring has not answered."""
        return None if self.key is None else self.key.in_memory or self.key.state is KeyState.FOUND

    def begin(self, *, offer: bool) -> None:
        """Ask the keyring, and `offer` to import a `.env` that lies beside the app."""
        self._keys.probe()
        if self._services.settings.problem is not None:
            self.settings_refused.emit(self._services.settings.problem)
        env_file = self._services.env_file
        if offer and env_file is not None and str(env_file) not in self.settings.env_files_declined:
            self._offer_env(env_file)

    def close(self) -> None:
        """Stop, in a bounded time."""
        self.dialogs.close()
        self._keys.close()
        self._tasks.close()
        if self._account is not None:
            self._account.close(_PICTURES_S)

    def look_for_key(self, on_found: Callable[[], None]) -> None:
        """Look once more; call `on_found` where there is a key by now, and ask for one where there is none."""
        self._on_found = on_found
        self._keys.probe()

    def show_key(self) -> None:
        """Show where the key is, to save, test, replace or remove it."""
        from coach_desktop.store.settings import api_address
        from coach_desktop.ui.account.key_dialog import KeyDialog

        try:
            address = api_address(self.settings)
        except CoachError as error:
            self.settings_refused.emit(error)
            return

        def make() -> QDialog:
            dialog = KeyDialog(self._services.keys, self._services.check_key, self._window, address=address)
            dialog.key_changed.connect(self._on_key_probed)
            dialog.key_changed.connect(lambda _status: self.forget_account())
            return dialog

        self.dialogs.show("key", make)

    def show_settings(self) -> None:
        """Show the settings."""
        from coach_desktop.ui.account.settings_dialog import SettingsDialog

        def make() -> QDialog:
            dialog = SettingsDialog(self.settings, self.key, self._window)
            dialog.settings_changed.connect(self.change_settings)
            dialog.key_asked.connect(self.show_key)
            self.key_known.connect(dialog.show_status)
            return dialog

        self.dialogs.show("settings", make)

    def manage_profiles(self, *, edit: str | None = None) -> None:
        """Show all profiles, to change them; the one with the id `edit` is opened at once."""
        from coach_desktop.ui.profiles.manager import ProfilesDialog

        def make() -> QDialog:
            dialog = ProfilesDialog(
                self._services.data.profiles,
                self._services.keys,
                self._window,
                account=self.account() if self.has_key else None,
            )
            dialog.profiles_changed.connect(self.reload_profiles)
            dialog.profiles_changed.connect(self._keys.probe)
            dialog.preview_asked.connect(self.preview_asked)
            dialog.check_asked.connect(self.check_asked)
            if edit is not None:
                dialog.edit(edit)
            return dialog

        self.dialogs.show("profiles", make)

    def reload_profiles(self) -> None:
        """Read the profiles again; `shelf_loaded` brings them."""
        self._tasks.run(self._shelf, self.shelf_loaded.emit, self.settings_refused.emit)

    def profile_chosen(self, profile: Profile) -> None:
        """Remember what was chosen last."""
        if profile.id != self.settings.last_profile:
            self.change_settings(self.settings.model_copy(update={"last_profile": profile.id}))

    def change_settings(self, settings: Settings) -> None:
        """Use these settings from now on, and keep them."""
        before = self.settings
        self._services.settings.use(settings)
        if settings.api_address != before.api_address:
            self.forget_account()
            self.address_changed.emit()
        if settings.keep_audio != before.keep_audio:
            self.keeping_changed.emit(settings.keep_audio)
        self._tasks.run(self._services.settings.save, lambda _done: None, self._on_save_failed)

    def account(self) -> AccountServices:
        """Return what is known of what the account holds, the same for all who ask."""
        from coach_desktop.ui.profiles.account import AccountServices

        if self._account is None:
            self._account = AccountServices(self._services.connect)
        return self._account

    def forget_account(self) -> None:
        """Ask anew what the account holds, the next time that is shown."""
        if self._account is not None:
            self._account.forget()

    def _shelf(self) -> Shelf:
        # Only now: its models take longer to load than the window takes to be drawn.
        from coach_desktop.store.profile_files import load_shelf

        return load_shelf(self._services.data.profiles)

    def _offer_env(self, path: Path) -> None:
        from coach_desktop.ui.profiles.env_dialog import offer_env

        def make() -> QDialog:
            dialog = offer_env(self._window, path, self._services.data.profiles, self._services.keys)
            dialog.imported.connect(self._on_env_imported)
            dialog.imported.connect(lambda _id: self._remember_offer(path))
            dialog.declined.connect(lambda: self._remember_offer(path))
            return dialog

        self.dialogs.show("env", make)

    def _remember_offer(self, path: Path) -> None:
        declined = (*self.settings.env_files_declined, str(path))
        self.change_settings(self.settings.model_copy(update={"env_files_declined": declined}))

    def _on_env_imported(self, profile_id: str) -> None:
        self.profile_imported.emit(profile_id)
        self._keys.probe()
        self.reload_profiles()

    def _on_key_probed(self, status: KeyStatus) -> None:
        self.key = status
        self.key_known.emit(status)
        on_found, self._on_found = self._on_found, None
        if on_found is not None:
            (on_found if self.has_key else self.show_key)()

    def _on_save_failed(self, error: CoachError) -> None:
        log.warning("settings: %s (%s)", error.what, error.details)
        self.settings_refused.emit(error)
