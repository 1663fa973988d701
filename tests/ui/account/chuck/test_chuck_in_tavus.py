"""Chuck's dialog follows what the account has of him: changed there, made there, chosen from there."""

from __future__ import annotations

from PySide6.QtWidgets import QRadioButton
from shiboken6 import isValid

from coach_desktop.coaching import knowledge
from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.sessions.chuck import own_profile
from coach_desktop.sessions.directory import Kind
from coach_desktop.store.profile_files import save_profile
from coach_desktop.ui.profiles.picker import PickerDialog
from tests.standin import Reset, StandIn
from tests.standin.library import persona_row
from tests.ui.account.chuck.conftest import OURS, Open, Shown


def test_what_was_changed_in_tavus_is_shown_and_can_be_kept(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("up to date")
    row = shown.chuck()
    row["system_prompt"] = "Mine, written at Tavus.\n\n" + knowledge.essentials().strip()
    shown.press("Look again")
    shown.says("Chuck differs from what is here.", "Changed in Tavus", "Mine, written at Tavus.")
    shown.press("Keep what Tavus has")
    assert shown.text_of("Instructions").toPlainText() == "Mine, written at Tavus."
    shown.turn_to("Overview")
    shown.says("up to date", "Changed by you: Instructions")
    assert shown.tavus.requests_of("patch_persona") == []


def test_what_changes_in_tavus_while_the_dialog_is_open_is_not_written_over_unseen(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("up to date")
    shown.chuck()["system_prompt"] = "Mine, written at Tavus."
    shown.press("Update Chuck")
    shown.says("Chuck was changed in Tavus meanwhile.", "Mine, written at Tavus.")
    assert shown.chuck()["system_prompt"] == "Mine, written at Tavus."
    shown.press("Update Chuck")
    shown.says("Chuck was updated.", "up to date")
    assert shown.chuck()["system_prompt"].startswith(OURS.system_prompt.strip())


def test_one_whom_no_profile_starts_is_not_called_up_to_date(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("Chuck is in your account and up to date.")
    shown.dialog.close()
    # As after a close in the middle of it, or on another computer.
    (shown.folder / "profiles" / f"{OWN_CHUCK}.toml").unlink()
    shown = opened()
    shown.says("no profile on this computer starts him")
    shown.press("Update Chuck")
    shown.says("Chuck is in your account and up to date.", "Start him with the profile")
    assert (shown.folder / "profiles" / f"{OWN_CHUCK}.toml").exists()
    assert len(shown.tavus.requests_of("create_persona")) == 1


def test_a_lost_answer_finds_him(opened: Open) -> None:
    shown = opened()
    shown.tavus.plan("create_persona", Reset(after=True))
    shown.press("Create Chuck in my account")
    shown.says("Chuck is in your account and up to date.")
    assert shown.chuck()


def test_a_greeting_that_was_changed_is_none_of_his_fields_and_yet_he_is_not_up_to_date(opened: Open) -> None:
    shown = opened()
    shown.press("Create Chuck in my account")
    shown.says("Chuck is in your account and up to date.")
    shown.write("Greeting", "Hello there.")
    shown.says("only his greeting differs")
    shown.press("Update Chuck")
    shown.says("Chuck is in your account and up to date.")
    profile = own_profile(shown.folder / "profiles")
    assert profile is not None
    assert profile.custom_greeting == "Hello there."
    save_profile(shown.folder / "profiles", profile.model_copy(update={"custom_greeting": "Mine."}))
    shown.press("Look again")
    shown.says("up to date")
    shown.write("Greeting", "Hello once more.")
    # The user's own stays, so nothing would change.
    shown.says("up to date")


def test_several_of_his_name_are_told(opened: Open, tavus: StandIn) -> None:
    for number in (1, 2):
        created = f"202{number}-01-01T00:00:00Z"
        tavus.personas.append(persona_row(f"pold{number}", OURS.name, created_at=created))
    shown = opened()
    shown.says("2 personas of this name", "This app works with pold1")


def test_a_face_and_documents_are_chosen_from_the_account(opened: Open, tavus: StandIn) -> None:
    tavus.create_document({"document_url": "https://h/keys.pdf", "document_name": "Keys", "tags": ["talks"]})
    document_id = tavus.documents[0]["document_id"]
    shown = opened()
    shown.says("Chuck is not in your account yet.")
    shown.turn_to("Face")
    pick(shown, "Choose…", "replicas", "r5dc7c7d0bcb")
    shown.says("Gloria")
    shown.turn_to("Knowledge")
    assert not shown.has("Choose documents…")
    [choice] = [one for one in shown.dialog.findChildren(QRadioButton) if one.text().startswith("Documents")]
    choice.setChecked(True)
    pick(shown, "Choose documents…", "documents", document_id)
    shown.says(f"Document {document_id}.")
    shown.turn_to("Overview")
    shown.says("Gloria (r5dc7c7d0bcb)", document_id)
    shown.press("Create Chuck in my account")
    shown.says("up to date")
    row = shown.chuck()
    assert (row["default_replica_id"], row["document_ids"]) == ("r5dc7c7d0bcb", [document_id])
    assert knowledge.essentials().strip() not in row["system_prompt"]


def pick(shown: Shown, button: str, kind: Kind, its_id: str) -> None:
    shown.press(button)
    [picker] = [dialog for dialog in shown.dialog.findChildren(PickerDialog) if dialog.isVisible()]
    # Only then is the name of what is picked known.
    shown.bot.waitUntil(lambda: shown.account.directory.known(kind) is not None)
    picker.picked.emit((its_id,))
    picker.close()
    shown.bot.waitUntil(lambda: not isValid(picker))
