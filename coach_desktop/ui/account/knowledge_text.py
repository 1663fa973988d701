"""Keys to Public Speaking as the HTML that Qt shows: on the screen and on paper."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from coach_desktop.coaching.knowledge import SOURCES_KEY

if TYPE_CHECKING:
    from coach_desktop.coaching.knowledge import Knowledge

RESTS_ON: Final = "rests-on"
"""The class of the brackets that say what a statement rests on."""

_BRACKET = re.compile(r"\[[^\[\]]+\]")


def as_html(knowledge: Knowledge) -> str:
    """Return the text as HTML: an anchor named by its key before each section, a span around each bracket."""
    # Imported here: nobody waits for it who does not read the text.
    from markdown_it import MarkdownIt

    body = MarkdownIt().render(knowledge.markdown)
    places = [(section.key, section.title) for section in knowledge.sections]
    for key, title in [*places, (SOURCES_KEY, "Sources")]:
        words = html.escape(title)
        body = body.replace(f"<h2>{words}</h2>", f'<h2><a name="{key}"></a>{words}</h2>', 1)
    return _BRACKET.sub(lambda found: f'<span class="{RESTS_ON}">{found.group()}</span>', body)
