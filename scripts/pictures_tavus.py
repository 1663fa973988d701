"""Pictures of all that is done in a Tavus account from here: Chuck, pickers, documents, preview, minutes, what runs."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QListWidget, QPlainTextEdit, QPushButton, QTableView

from coach_desktop.core.paths import DataFolder
from coach_desktop.store.settings import Settings, SettingsFile
from coach_desktop.ui.profiles.profile_list import ProfileList
from pictures_account import remember_months
from pictures_camera import Camera, close_dialogs, pause, wait_for
from tests.standin import StandIn

_CHUCK_PARTS = {"face": 1, "knowledge": 2, "instructions": 3, "watches": 4, "after": 6}
_BROKEN_DOCUMENT = 4
_CUSTOMER_DEMO = 3
_ONE_MORE = "Does the speaker stand still where a point is made?"


def prepare(data: DataFolder, minutes: int = 120) -> None:
    """Make the months of practice, a price, and a limit of so many minutes for the month."""
    remember_months(data)
    choose(data, "customer-demo", minutes)


def choose(data: DataFolder, profile_id: str, minutes: int | None = None) -> None:
    """Choose a profile, and set a limit for the month."""
    file = SettingsFile(data.settings)
    file.use(Settings(price_per_minute=0.37, minutes_per_month=minutes, last_profile=profile_id))
    file.save()


def chuck_pictures(camera: Camera, tavus: StandIn) -> None:
    """Take Chuck before he is made, when he is made, and when somebody has changed him in the account."""
    camera.press("Create Chuck in my account…")
    dialog = camera.dialog("ChuckDialog")
    wait_for(lambda: camera.has("Create Chuck in my account", dialog), "what the account holds")
    camera.take("chuck-new", dialog)
    (contents,) = dialog.findChildren(QListWidget)
    for name, row in _CHUCK_PARTS.items():
        contents.setCurrentRow(row)
        camera.take(f"chuck-{name}", dialog)
    camera.press("Create Chuck in my account", dialog)
    wait_for(lambda: camera.has("Update Chuck", dialog), "Chuck")
    camera.take("chuck-done", dialog)
    dialog.close()
    pause(900)
    camera.take("home-chuck")
    with tavus.lock:
        made = tavus.personas[-1]
        made["system_prompt"] = made["system_prompt"].replace("Chuck", "Coach Chuck", 2)
    camera.press("Chuck in my account…")
    dialog = camera.dialog("ChuckDialog")
    wait_for(lambda: camera.has("Update Chuck", dialog), "what the account holds")
    (contents,) = dialog.findChildren(QListWidget)
    contents.setCurrentRow(_CHUCK_PARTS["after"])
    edit = next(edit for edit in dialog.findChildren(QPlainTextEdit) if edit.isVisible())
    edit.appendPlainText(_ONE_MORE)
    contents.setCurrentRow(0)
    camera.take("chuck-difference", dialog)
    close_dialogs()


def account_pictures(camera: Camera, tavus: StandIn) -> None:
    """Take documents, what is known of speaking, the preview, minutes, and what runs."""
    camera.ask("Documents…")
    dialog = camera.dialog("DocumentsDialog")
    wait_for(lambda: camera.has("Add…", dialog), "the documents")
    (search,) = dialog.findChildren(QLineEdit)
    search.setFocus()
    (table,) = dialog.findChildren(QTableView)
    table.selectRow(_BROKEN_DOCUMENT)
    pause(500)
    camera.take("documents", dialog)
    camera.press("Add…", dialog)
    camera.take("document-new", camera.dialog("DocumentForm"))
    close_dialogs()
    camera.ask("Keys to Public Speaking")
    camera.take("knowledge", camera.dialog("KnowledgeDialog"))
    close_dialogs()
    camera.ask("Preview what is sent…")
    dialog = camera.dialog("PreviewDialog")
    camera.take("preview", dialog)
    camera.press("Check for free", dialog)
    pause(1500)
    camera.take("preview-checked", dialog)
    close_dialogs()
    camera.ask("Minutes used…")
    dialog = camera.dialog("MinutesDialog")
    pause(500)
    camera.take("minutes", dialog)
    close_dialogs()
    camera.ask("Settings…")
    camera.take("settings", camera.dialog("SettingsDialog"))
    close_dialogs()
    camera.ask("Running conversations…")
    dialog = camera.dialog("RunningDialog")
    wait_for(lambda: camera.has("End", dialog), "what runs")
    camera.take("running", dialog)
    close_dialogs()
    with tavus.lock:
        for held in tavus.held.values():
            held.ended_at = held.ended_at or held.created_at


def profile_pictures(camera: Camera) -> None:
    """Take the profiles, the editor of one, and its pickers."""
    camera.ask("Manage profiles…")
    manager = camera.dialog("ProfilesDialog")
    pause(500)
    (shown,) = manager.findChildren(ProfileList)
    shown.setCurrentIndex(shown.model().index(_CUSTOMER_DEMO, 0))
    camera.take("profiles", manager)
    camera.press("Edit…", manager)
    editor = camera.dialog("ProfileEditor")
    pause(800)
    camera.take("editor", editor)
    for name, button in {"persona": "persona id", "replica": "replica id", "documents": "document ids"}.items():
        (choose,) = [b for b in editor.findChildren(QPushButton) if b.accessibleName() == f"Choose {button}"]
        choose.click()
        picker = camera.dialog("PickerDialog")
        pause(1500)
        camera.take(f"picker-{name}", picker)
        picker.close()
        pause(200)
    close_dialogs()


def countdown_pictures(camera: Camera) -> None:
    """Take the last minute of a conversation whose profile lets it last 75 seconds."""
    camera.press("Start practice")
    camera.press("Allow")
    wait_for(lambda: camera.says("ends in") or camera.says("left"), "the countdown")
    pause(19_000)
    camera.take("live-last-minute")
    camera.press("End session")
    wait_for(lambda: camera.has("Practise again"), "the report")


def keys_pictures(camera: Camera) -> None:
    """Take the report of a talk with the local coach, whose actions quote the keys."""
    camera.press("Open its report")
    wait_for(lambda: camera.has("Practise again"), "the report")
    pause(500)
    camera.take("report-actions")


def budget_pictures(camera: Camera) -> None:
    """Take what is said when the month's limit is used up."""
    camera.press("Start practice")
    wait_for(lambda: camera.has("Back to the start"), "the limit")
    camera.take("error-month-used-up")


def left_running_pictures(camera: Camera) -> None:
    """Take the first page when something of ours runs that this computer knows nothing of."""
    wait_for(lambda: camera.has("Show running conversations…"), "what was left running")
    camera.take("home-left-running")
