"""The composition root: everything is built here, in one visible order, and taken down in reverse."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtCore import QMessageLogContext as Context
from PySide6.QtWidgets import QApplication

from coach_desktop import __version__
from coach_desktop.core import paths
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions.backstage import Backstage
from coach_desktop.sessions.model_consent import ModelConsent
from coach_desktop.sessions.service_process import keep_keys_from_children
from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.store.lock import FolderLock
from coach_desktop.store.profile_files import Shelf, load_shelf
from coach_desktop.store.profiles import find_profile
from coach_desktop.store.secrets import KeyStore
from coach_desktop.store.settings import SettingsFile
from coach_desktop.ui import single_instance, theme
from coach_desktop.ui.desk import DeskServices
from coach_desktop.ui.end_signals import EndSignals
from coach_desktop.ui.main_window import MainWindow
from coach_desktop.ui.services import UiOptions, UiServices
from coach_desktop.ui.single_instance import Request
from coach_desktop.ui.sleep_watch import SleepWatch

log = logging.getLogger(__name__)

EXIT_ALREADY_RUNNING = 3
_ENV_FILE = ".env"
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


@dataclass(frozen=True)
class Options:
    """What the command line asks of the window."""

    data: DataFolder
    start: bool = False
    profile_id: str | None = None
    end_after_s: float | None = None
    quit_when_done: bool = False
    screenshots: Path | None = None
    talk: Path | None = None
    """A recording to open, by its whole path."""


def run(options: Options) -> int:
    """Open the window, stay until it is closed and return the exit code."""
    shelf = load_shelf(options.data.profiles)
    for problem in shelf.problems:
        log.warning("%s", problem.sentences())
    if options.profile_id is not None:
        find_profile((stored.profile for stored in shelf.profiles), options.profile_id)
    qInstallMessageHandler(_on_qt_message_logged)
    keep_keys_from_children()
    lock = FolderLock(options.data.lock)
    first = lock.take()
    # The web engine shares its graphics with the window; it must be told before there is an application.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("coach_desktop")
    qt.setApplicationDisplayName("Coach Desktop")
    qt.setApplicationVersion(__version__)
    qt.setDesktopFileName("coach_desktop")
    if not first:
        return _hand_over(options)
    try:
        return _run_window(qt, options, shelf)
    finally:
        lock.release()


def build(
    options: Options, shelf: Shelf, env_file: Path | None, models: ModelConsent | None = None
) -> tuple[MainWindow, Backstage]:
    """Return the window and what stands behind it, wired and idle. Take them down in this order.

    Without `models` nobody is asked before a missing model is fetched.
    """
    keys = KeyStore()
    settings = SettingsFile(options.data.settings)
    windows: list[MainWindow] = []

    def tell(news: AftercareNews) -> None:
        windows[0].tell(news)

    backstage = Backstage(options.data, keys, settings, tell, end_after_s=options.end_after_s)
    window = MainWindow(
        UiServices(
            profiles=shelf.profiles,
            history_path=options.data.database,
            data_root=options.data.root,
            make_session=backstage.make_session,
            desk=DeskServices(
                data=options.data,
                keys=keys,
                check_key=backstage.check_key,
                settings=settings,
                connect=backstage.connect,
                request_for=backstage.request_for,
                under_way=backstage.under_way,
                env_file=env_file,
                models=models,
            ),
            prepare=backstage.prepare,
            look_again=backstage.look_again,
            stop_hearing=backstage.stop_hearing,
        ),
        UiOptions(
            start_now=options.start,
            profile_id=options.profile_id,
            quit_when_done=options.quit_when_done,
            media_allowed=options.start,
            screenshots=options.screenshots,
            talk=options.talk,
        ),
    )
    windows.append(window)
    return window, backstage


def _hand_over(options: Options) -> int:
    answered = single_instance.ask_running_instance(options.data.root, Request(options.talk))
    if not answered:
        outcome = "It did not answer; close it and try again."
    elif options.talk is None:
        outcome = "Its window was raised."
    else:
        outcome = f"Its window was raised, and {options.talk.name} was handed over to it."
    # The one who typed the command must hear why no window opened.
    print(f"The app is already running with this data folder. {outcome}", file=sys.stderr)  # noqa: T201
    if options.start:
        return EXIT_ALREADY_RUNNING
    return 0 if answered else 1


def _run_window(qt: QApplication, options: Options, shelf: Shelf) -> int:
    theme.apply(qt)
    # `--start` begins without anybody to ask.
    models = ModelConsent(options.data.models, unasked=options.start)
    models.tell_children()
    window, backstage = build(options, shelf, paths.beside_app(_ENV_FILE), models)
    server = single_instance.InstanceServer(options.data.root)
    server.raise_requested.connect(window.raise_to_front)
    server.talk_handed_over.connect(window.open_talk)
    # The system asks at log-out, and ends us soon after the answer.
    qt.commitDataRequest.connect(lambda _manager: window.end_at_log_out())
    signals = EndSignals(window.quit_without_asking)
    sleep = SleepWatch()
    sleep.slept_soon.connect(backstage.computer_slept)
    window.paid_session_changed.connect(
        lambda paid: sleep.hold("A conversation is ended first, as it costs money.") if paid else sleep.release()
    )
    window.show()
    code = qt.exec()
    signals.stop()
    sleep.close()
    server.close()
    window.shut_down()
    backstage.close()
    return code


def _on_qt_message_logged(kind: QtMsgType, context: Context, message: str) -> None:
    logging.getLogger(f"qt.{context.category or 'default'}").log(_QT_LEVELS.get(kind, logging.WARNING), "%s", message)
