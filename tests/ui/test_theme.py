"""The look: readable in light and dark, and switched while the app runs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from coach_desktop.core.paths import resource
from coach_desktop.ui import theme
from coach_desktop.ui.theme import DARK, LIGHT, TEXT_ON_GROUND, Tokens


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read(tokens: Tokens, text: str, ground: str) -> None:
    assert theme.contrast(getattr(tokens, text), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["window", "surface"])
def test_edges_of_controls_can_be_seen(tokens: Tokens, ground: str) -> None:
    assert theme.contrast(tokens.control_border, getattr(tokens, ground)) >= 3
    assert theme.contrast(tokens.accent, getattr(tokens, ground)) >= 3


def test_contrast_is_that_of_wcag() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_has_every_token_filled_in(tokens: Tokens) -> None:
    sheet = theme.style_sheet(tokens, 10.0)
    assert "$" not in sheet.split("*/", 1)[1]
    assert tokens.window in sheet
    for name in ("expand-light.svg", "expand-dark.svg", "check-light.svg", "check-dark.svg"):
        assert resource("icons", name).is_file()


def colour_of(icon: QIcon) -> str:
    image = icon.pixmap(64, 64).toImage()
    colours = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert len(colours) == 1
    return colours.pop()


def test_the_look_follows_the_scheme_while_the_app_runs(qtbot: QtBot, dressed: QApplication) -> None:
    look = theme.current()
    button = QPushButton("End")
    qtbot.addWidget(button)
    look.use(Qt.ColorScheme.Light)
    look.set_icon(button, "stop", "act")
    light = (colour_of(button.icon()), dressed.palette().window().color().name())
    with qtbot.waitSignal(look.changed):
        look.use(Qt.ColorScheme.Dark)
    dark = (colour_of(button.icon()), dressed.palette().window().color().name())
    look.use(None)
    assert light == (LIGHT.act, LIGHT.window)
    assert dark == (DARK.act, DARK.window)


def test_every_drawing_is_ours_and_takes_a_colour() -> None:
    icons = sorted(Path(resource("icons")).glob("*.svg"))
    assert len(icons) > 20
    for path in icons:
        assert ET.parse(path).getroot().tag.endswith("svg")  # noqa: S314 - our own files
        text = path.read_text(encoding="utf-8")
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        if path.stem not in {"app", "expand-light", "expand-dark", "check-light", "check-dark"}:
            assert "currentColor" in text


def test_a_name_cannot_reach_outside_the_icons(dressed: QApplication) -> None:
    with pytest.raises(ValueError, match="not the name of an icon"):
        theme.current().icon("../../pyproject")
