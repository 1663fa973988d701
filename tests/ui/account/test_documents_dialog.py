"""The documents of an account in the window, at the stand-in and the local service."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.practice.plays import Play, Plays
from coach_desktop.store.secrets import NoKeyError
from coach_desktop.tavus.client import TavusClient
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.document_form import DocumentForm
from coach_desktop.ui.account.documents_dialog import DocumentsDialog
from coach_desktop.ui.account.documents_table import DocumentsTable
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.knowledge_dialog import KnowledgeDialog
from tests.practice.conftest import running_service
from tests.standin.faults import Delay, Silence, Status
from tests.standin.server import StandIn
from tests.ui.driving import press, said, texts

PDF = "https://example.com/talks/keys.pdf"
LIMIT = {"error": "Crawl document limit reached (100). Contact support@tavus.io to increase your limit."}
Open = Callable[..., DocumentsDialog]


@pytest.fixture
def opened(qtbot: QtBot, dressed: QApplication, tavus: StandIn) -> Iterator[Open]:
    made: list[DocumentsDialog] = []

    def make(connect: Callable[[], TavusClient] | None = None) -> DocumentsDialog:
        dialog = DocumentsDialog(
            connect or (lambda: TavusClient(tavus.base_url, tavus.key, read_timeout_s=5.0)), wait=lambda _times: 0.02
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(dialog)
        made.append(dialog)
        with qtbot.waitExposed(dialog):
            dialog.show()
        return dialog

    yield make
    for dialog in made:
        dialog.close()
        for errand in dialog.findChildren(Errand):
            assert errand.close(30.0)


def rows(dialog: DocumentsDialog) -> list[list[str]]:
    table = dialog.findChild(DocumentsTable)
    assert table is not None
    model = table.documents
    return [[str(model.data(model.index(row, column))) for column in range(3)] for row in range(model.rowCount())]


def outcome(widget: QWidget) -> str:
    found = [one for one in widget.findChildren(Outcome) if one.isVisible() and one.window() is widget.window()]
    return found[0].accessibleName() if found else ""


def field(widget: QWidget, name: str) -> QLineEdit:
    (found,) = [line for line in widget.findChildren(QLineEdit) if line.accessibleName() == name]
    return found


def form_of(dialog: DocumentsDialog) -> DocumentForm:
    return next(form for form in dialog.findChildren(DocumentForm) if form.isVisible())


def adding(dialog: DocumentsDialog, address: str, button: str = "Add…") -> DocumentForm:
    press(dialog, button)
    form = form_of(dialog)
    field(form, "Address").setText(address)
    return form


def keep(tavus: StandIn, *names: str) -> None:
    for name in names:
        tavus.create_document({"document_url": PDF, "document_name": name, "tags": [name.split()[0].lower()]})


def test_an_account_without_documents_says_what_to_do(opened: Open, qtbot: QtBot) -> None:
    dialog = opened()
    qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))
    assert "No documents yet" in said(dialog)
    focused = dialog.focusWidget()
    assert focused is not None
    assert focused.accessibleName() == "Add a document…"


def test_it_says_that_it_loads(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, "Keys")
    tavus.plan("documents", Delay(0.3))
    dialog = opened()
    assert "Loading the documents of your account…" in said(dialog)
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1)


def test_why_nothing_can_be_shown_and_another_try(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, "Keys")
    tavus.plan("documents", Status(code=401, body={"message": "Invalid access token"}))
    dialog = opened()
    qtbot.waitUntil(lambda: "Try again" in texts(dialog))
    assert "The key was not accepted." in said(dialog)
    press(dialog, "Try again")
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1)


def test_without_a_key_it_says_so_and_leads_to_it(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keys: list[str] = []

    def connect() -> TavusClient:
        if not keys:
            raise NoKeyError("There is no Tavus key.", safe="Nothing was sent.", do="Enter your key first.")
        return TavusClient(tavus.base_url, keys[0])

    dialog = opened(connect)
    qtbot.waitUntil(lambda: "There is no Tavus key." in said(dialog))
    with qtbot.waitSignal(dialog.key_asked):
        press(dialog, "Tavus key…")
    keys.append(tavus.key)
    dialog.key_known()
    qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))


def test_a_document_is_added_and_followed_until_it_is_ready(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    tavus.document_ready_after_s = 0.3
    dialog = opened()
    qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))
    heard: list[None] = []
    dialog.documents_changed.connect(lambda: heard.append(None))
    form = adding(dialog, PDF, "Add a document…")
    assert field(form, "Name").placeholderText() == "keys.pdf"
    field(form, "Tags").setText("coach, public-speaking,")
    QTest.keyClick(field(form, "Tags"), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [row[0] for row in rows(dialog)] == ["keys.pdf"])
    qtbot.waitUntil(lambda: rows(dialog) == [["keys.pdf", "Ready", "coach, public-speaking"]])
    qtbot.waitUntil(lambda: outcome(dialog) == "keys.pdf is ready.")
    assert len(heard) == 2
    (asked,) = tavus.requests_of("create_document")
    assert asked.json() == {"document_url": PDF, "document_name": "keys.pdf", "tags": ["coach", "public-speaking"]}
    assert tavus.requests_of("get_document")


def test_a_website_is_added_with_how_far_its_links_go(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, "Keys")
    dialog = opened()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1)
    form = adding(dialog, PDF)
    (follow,) = form.findChildren(QCheckBox)
    assert not follow.isEnabled()
    field(form, "Address").setText("https://example.com/guide")
    assert follow.isEnabled()
    follow.setChecked(True)
    field(form, "Links deep, at most").setText("11")
    press(form, "Add document")
    assert "1 to 10 deep" in said(form)
    field(form, "Links deep, at most").setText("3")
    press(form, "Add document")
    qtbot.waitUntil(lambda: len(rows(dialog)) == 2)
    (asked,) = tavus.requests_of("create_document")
    assert asked.json()["crawl"] == {"depth": 3, "max_pages": 20}


@pytest.mark.parametrize(
    ("address", "problem"),
    [("", "Enter the address"), ("http://127.0.0.1/a.pdf", "must be public"), ("https://example.com/a.mp4", ".mp4")],
)
def test_a_wrong_address_is_told_at_its_field_and_sent_nowhere(
    opened: Open, qtbot: QtBot, tavus: StandIn, address: str, problem: str
) -> None:
    dialog = opened()
    qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))
    form = adding(dialog, address, "Add a document…")
    press(form, "Add document")
    assert problem in said(form)
    assert form.isVisible()
    assert not tavus.requests_of("create_document")
    field(form, "Address").setText(PDF)
    assert problem not in said(form)


def test_what_is_refused_stays_in_the_form(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    tavus.plan("create_document", Status(code=429, body=LIMIT))
    dialog = opened()
    qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))
    form = adding(dialog, "https://example.com/guide", "Add a document…")
    field(form, "Name").setText("Guide")
    press(form, "Add document")
    qtbot.waitUntil(lambda: outcome(form) == "The account has as many websites as it may have.")
    assert field(form, "Name").text() == "Guide"
    press(form, "Add document")
    qtbot.waitUntil(lambda: [row[0] for row in rows(dialog)] == ["Guide"])


def test_escape_while_it_is_sent_closes_and_looks_what_became_of_it(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    dialog = opened()
    qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))
    tavus.plan("create_document", Silence(after=True))
    form = adding(dialog, PDF, "Add a document…")
    press(form, "Add document")
    qtbot.waitUntil(
        lambda: bool(tavus.requests_of("create_document")) and tavus.requests_of("create_document")[0].carried_out
    )
    QTest.keyClick(form, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: [row[0] for row in rows(dialog)] == ["keys.pdf"])


def test_name_and_tags_are_changed(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, "Keys")
    dialog = opened()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1)
    press(dialog, "Name and tags…")
    form = form_of(dialog)
    assert (field(form, "Name").text(), field(form, "Tags").text()) == ("Keys", "keys")
    field(form, "Name").clear()
    press(form, "Save changes")
    assert "Give it a name." in said(form)
    field(form, "Name").setText("Keys 2")
    field(form, "Tags").setText("a, b, a")
    press(form, "Save changes")
    qtbot.waitUntil(lambda: rows(dialog) == [["Keys 2", "Ready", "a, b"]])


def test_a_document_is_deleted_only_after_a_yes(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, "Keys", "Board")
    dialog = opened()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 2)
    table = dialog.findChild(DocumentsTable)
    assert table is not None
    chosen = rows(dialog)[0][0]
    dialog.activateWindow()
    qtbot.waitUntil(table.hasFocus)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: dialog.findChild(QMessageBox) is not None)
    question = dialog.findChild(QMessageBox)
    assert question is not None
    assert chosen in question.informativeText()
    press(question, "Keep it")
    qtbot.waitUntil(lambda: not question.isVisible())
    assert not tavus.requests_of("delete_document")
    press(dialog, "Delete…")
    press(next(box for box in dialog.findChildren(QMessageBox) if box.isVisible()), "Delete document")
    qtbot.waitUntil(lambda: outcome(dialog) == f"{chosen} was deleted.")
    assert len(rows(dialog)) == 1
    assert len(tavus.documents) == 1


def test_a_deletion_that_fails_keeps_the_document(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, "Keys")
    tavus.plan("delete_document", Status(code=503))
    dialog = opened()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1)
    press(dialog, "Delete…")
    press(next(box for box in dialog.findChildren(QMessageBox) if box.isVisible()), "Delete document")
    qtbot.waitUntil(lambda: outcome(dialog) == "The service has a fault of its own.")
    assert len(rows(dialog)) == 1


def test_many_are_searched_as_one_types(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, *(f"Board {number}" for number in range(40)), "Keys to Public Speaking")
    dialog = opened()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 41)
    field(dialog, "Search documents").setText("speaking keys")
    assert [row[0] for row in rows(dialog)] == ["Keys to Public Speaking"]
    press(dialog, "Copy id")
    assert QGuiApplication.clipboard().text() == tavus.documents[-1]["document_id"]
    field(dialog, "Search documents").setText("no such words")
    assert rows(dialog) == []
    assert "No document has these words" in said(dialog)
    field(dialog, "Search documents").clear()
    assert len(rows(dialog)) == 41


def test_one_that_is_deleted_elsewhere_while_it_is_followed_goes_away(
    opened: Open, qtbot: QtBot, tavus: StandIn
) -> None:
    tavus.document_ready_after_s = 1000.0
    keep(tavus, "Keys", "Board")
    dialog = opened()
    qtbot.waitUntil(lambda: [row[1] for row in rows(dialog)].count("Ready") == 0 and len(rows(dialog)) == 2)
    gone = tavus.documents[0]["document_id"]
    tavus.delete_document(gone)
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1)


def test_our_own_text_can_be_saved_from_here(opened: Open, qtbot: QtBot) -> None:
    dialog = opened()
    qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))
    press(dialog, "Keys to Public Speaking…")
    keys = dialog.findChild(KnowledgeDialog)
    assert keys is not None
    assert keys.isVisible()
    keys.close()


def test_what_the_local_service_cannot_read_is_told_with_what_to_do(
    opened: Open, qtbot: QtBot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plays = Plays({Play.DOCUMENT: 1})
    folder = tmp_path_factory.mktemp("models")
    with running_service(folder, documents_ready_after_s=0.2, plays=plays) as api:
        dialog = opened(lambda: TavusClient(api.base_url, api.api_key))
        qtbot.waitUntil(lambda: "Add a document…" in texts(dialog))
        press(adding(dialog, "https://example.com/", "Add a document…"), "Add document")
        qtbot.waitUntil(lambda: outcome(dialog) == "example.com cannot be used.")
        assert rows(dialog)[0][:2] == ["example.com", "Cannot be used"]
        assert "could not read this website" in said(dialog)
        dialog.close()
        for errand in dialog.findChildren(Errand):
            assert errand.close(30.0)


def test_everything_that_takes_the_keyboard_has_a_name(opened: Open, qtbot: QtBot, tavus: StandIn) -> None:
    keep(tavus, "Keys")
    dialog = opened()
    qtbot.waitUntil(lambda: len(rows(dialog)) == 1)
    form = adding(dialog, "https://example.com/guide")
    form.findChildren(QCheckBox)[0].setChecked(True)
    for window in (dialog, form):
        for widget in window.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(window):
                name = widget.accessibleName() or getattr(widget, "text", str)()
                assert name, widget
    QTest.keyClick(form, Qt.Key.Key_Escape)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog.isVisible())
