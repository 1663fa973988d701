"""What can be said of the room's files without a browser."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.practice.room.room_service import ROOM

if TYPE_CHECKING:
    from pathlib import Path

_FILES = sorted(path for path in ROOM.iterdir() if path.is_file())


class _Inline(HTMLParser):
    """Collects what the content policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.refused.append(tag)
        self.refused += [name for name in names if name == "style" or name.startswith("on")]
        self.sources += [value for name in ("src", "href") if (value := names.get(name)) is not None]


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_files_are_small_and_name_no_other_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text) == []


def test_page_holds_nothing_inline_and_only_files_that_exist() -> None:
    parser = _Inline()
    parser.feed((ROOM / "room.html").read_text(encoding="utf-8"))
    assert parser.refused == []
    outside = [source for source in parser.sources if not source.startswith(("#", "data:"))]
    assert outside
    for source in outside:
        assert source.startswith("/room-assets/")
        assert (ROOM / source.removeprefix("/room-assets/")).is_file()


def test_modules_import_only_files_that_exist() -> None:
    for path in ROOM.glob("*.js"):
        for name in re.findall(r"from '\./([^']+)'", path.read_text(encoding="utf-8")):
            assert (ROOM / name).is_file(), (path.name, name)


def _colours() -> list[dict[str, str]]:
    css = (ROOM / "room.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in css.split("* {")[0].split("@media")
    )
    return [light, {**light, **dark}]


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours as #rrggbb."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_is_readable_on_what_lies_behind_it(scheme: int) -> None:
    colours = _colours()[scheme]
    pairs = [
        *itertools.product(("text", "muted", "watch"), ("ground", "card")),
        ("text", "watch-ground"),
        ("accent-text", "accent"),
    ]
    pairs += [("muted", "track")]  # the End button when it cannot be pressed any more
    for text, behind in pairs:
        assert _contrast(colours[text], colours[behind]) >= 4.5, (text, behind)
    assert _contrast("#ffffff", colours["end"]) >= 4.5
    assert _contrast("#ffffff", colours["end-over"]) >= 4.5
    for graphic in ("accent", "good", "watch"):
        assert _contrast(colours[graphic], colours["card"]) >= 3
