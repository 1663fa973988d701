"""What stands behind the window: makes sessions for profiles, and looks after what earlier ones left.

Nothing heavy is loaded before `prepare`, so that a window is drawn first.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from coach_desktop.core.clock import SystemClock
from coach_desktop.core.errors import CoachError
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions.updates import AftercareNews, SessionUpdate
from coach_desktop.store.model_files import WHISPER_BASE, seems_there
from coach_desktop.store.recordings import Recordings
from coach_desktop.store.secrets import NoKeyError
from coach_desktop.store.settings import api_address

if TYPE_CHECKING:
    from coach_desktop.coaching.report import Report
    from coach_desktop.sessions.aftercare import Aftercare
    from coach_desktop.sessions.asking import Asking
    from coach_desktop.sessions.conversation_log import ConversationLog
    from coach_desktop.sessions.hearing_again import HearingAgain
    from coach_desktop.sessions.provider import Provider
    from coach_desktop.sessions.session import Session
    from coach_desktop.store.profiles import Profile
    from coach_desktop.store.secrets import KeyStore
    from coach_desktop.store.settings import SettingsFile
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import CreateConversation

log = logging.getLogger(__name__)


class Backstage:
    """One for each run of the app. `prepare` once, then sessions in any number, then `close`."""

    def __init__(
        self,
        data: DataFolder,
        keys: KeyStore,
        settings: SettingsFile,
        notify: Callable[[AftercareNews], None],
        *,
        end_after_s: float | None = None,
    ) -> None:
        """Hand in everything; `notify` is called in a thread of its own. `end_after_s` holds for every session."""
        self._data = data
        self._keys = keys
        self._settings = settings
        self._notify = notify
        self._end_after_s = end_after_s
        self._lock = threading.Lock()
        self._aftercare: Aftercare | None = None
        self._again: HearingAgain | None = None
        self._sessions: list[Session] = []
        self._closed = False

    def prepare(self) -> None:
        """Mark what a crash left as interrupted, then begin to end and complete it. Before the first session."""
        from coach_desktop.sessions import local, session, tavus  # noqa: F401 - loaded here, off the window's thread
        from coach_desktop.sessions.aftercare import Aftercare
        from coach_desktop.sessions.archive import Archive
        from coach_desktop.sessions.hearing_again import HearingAgain
        from coach_desktop.sessions.recovery import recover
        from coach_desktop.tavus import client  # noqa: F401 - the same

        try:
            with Archive(self._data.database) as archive:
                recover(archive)
        except CoachError as error:
            # The window opens all the same: its history page shows what is wrong and what to do.
            log.warning("the history cannot be used: %s (%s)", error.what, error.details)
        with self._lock:
            if not self._closed:
                self._aftercare = Aftercare(self._data.database, self.client, self._notify, under_way=self.under_way)
                self._aftercare.start()
                self._again = HearingAgain(self._data, self._notify)
        # The lock of the data folder is ours, and no session has begun: what is lent is what a crash left.
        Recordings(self._data.recordings).sweep()

    def make_session(
        self,
        profile: Profile,
        notify: Callable[[SessionUpdate], None],
        request: CreateConversation | None = None,
    ) -> Session:
        """Return a session of this profile, ready to run. It asks for `request`, which `request_for` has made before.

        Without one it is made when it is needed.
        """
        from coach_desktop.core.ids import new_session_id
        from coach_desktop.sessions.session import Session

        asking = self._asking(profile, request)
        session_id = new_session_id()
        session = Session(
            profile=profile,
            provider=self._provider(profile, session_id),
            session_id=session_id,
            on_over=lambda reported: self.session_over(session_id, reported),
            history_path=self._data.database,
            notify=notify,
            make_request=asking.request,
            warnings=asking.warnings,
            end_after_s=self._end_after_s,
        )
        with self._lock:
            self._sessions = [one for one in (*self._sessions, session) if not one.is_over.is_set()]
        return session

    def request_for(self, profile: Profile) -> CreateConversation:
        """Return what the next conversation of this profile asks for, with a name token of its own. It may wait.

        Raises `CoachError` where nothing may be asked for.
        """
        return self._asking(profile).request()

    def check_key(self, key: str) -> None:
        """Ask the API whether it takes this key. Raises `CoachError` where not, or where it cannot be asked."""
        from coach_desktop.tavus.client import TavusClient

        with TavusClient(api_address(self._settings.current), key) as client:
            client.check_key()

    def client(self) -> TavusClient | None:
        """Return a client of the Tavus API, or None where there is no key. Raises `CoachError` where it is locked."""
        from coach_desktop.tavus.client import TavusClient

        key = self._keys.key()
        return TavusClient(api_address(self._settings.current), key) if key else None

    def connect(self) -> TavusClient:
        """Return a client of the Tavus API, to be closed after use. Raises `CoachError` where there is no key."""
        client = self.client()
        if client is None:
            raise NoKeyError("There is no Tavus key.", safe="Nothing was sent.", do="Enter your key first.")
        return client

    def look_again(self) -> None:
        """Look after what is left now: a session has ended, or a key has come."""
        with self._lock:
            if self._aftercare is not None:
                self._aftercare.wake()

    def close(self) -> None:
        """Stop, in a bounded time. What is left is looked after at the next start."""
        with self._lock:
            self._closed = True
            aftercare, self._aftercare = self._aftercare, None
        if aftercare is not None and not aftercare.stop():
            log.warning("what looks after earlier conversations did not stop in time")
        if self._again is not None:
            self._again.close()

    def under_way(self) -> list[str]:
        """Return the ids of the sessions that are not over."""
        with self._lock:
            return [one.session_id for one in self._sessions if not one.is_over.is_set()]

    def computer_slept(self) -> None:
        """Hear that the computer goes to sleep, or did: what is paid for ends. Returns at once."""
        with self._lock:
            for session in self._sessions:
                session.computer_slept()

    def session_over(self, session_id: str, reported: tuple[Report, ConversationLog] | None) -> None:
        """Hear that a session is over, and what was kept of it; called in its thread."""
        if self._again is not None:
            # Who has switched it off since the session began does not want it either.
            self._again.session_over(session_id, reported if self._settings.current.hear_again else None)

    def _asking(self, profile: Profile, settled: CreateConversation | None = None) -> Asking:
        from coach_desktop.sessions.asking import Asking

        return Asking(profile, self._settings.current, self._data.database, SystemClock(), settled)

    def _provider(self, profile: Profile, session_id: str) -> Provider:
        if profile.provider == "tavus":
            from coach_desktop.sessions.tavus import TavusProvider

            return TavusProvider(api_address(self._settings.current), self._keys.key)
        from coach_desktop.sessions.local import LocalProvider

        return LocalProvider(self._data.root, lambda: self._record_to(session_id))

    def _record_to(self, session_id: str) -> Path | None:
        """Return where the sound of a session with the local coach is to be recorded, if anywhere."""
        recordings = Recordings(self._data.recordings)
        if self._settings.current.keep_audio:
            recordings.make()
            return recordings.kept(session_id)
        if self._again is None or not self._settings.current.hear_again:
            return None
        if not seems_there(WHISPER_BASE, self._data.models):
            return None
        try:
            recordings.make()
        except CoachError as error:
            # Nobody asked for it: the talk goes on, and is heard once.
            log.warning("%s", error.what)
            return None
        return recordings.lent(session_id)

    def stop_hearing(self) -> None:
        """Make no words out once more now; returns at once."""
        if self._again is not None:
            self._again.cancel()
