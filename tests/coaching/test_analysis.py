"""What is kept of a perception analysis: deeds, never looks. Whatever it says, it becomes plain text."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching.analysis import CUT_NOTE, mentions, readable_analysis
from coach_desktop.coaching.prose import LONGEST
from tests.coaching.strategies import unhurried

JUDGING = """\
He is white.
A black woman.
The user is Asian.
The participant appears Caucasian.
She may be of Indian descent.
The man looks Korean.
The user is in his 30s.
He looks to be in his mid-thirties.
A middle-aged person.
A young man.
An older gentleman.
A 25-year-old.
She is 25 years old.
He seems about 40.
A thirty-something.
Probably a teenager.
He is wearing headphones.
Dressed formally.
A blue shirt.
A T-shirt with a logo.
His hoodie is grey.
Her glasses reflect the screen.
The user is in a suit and tie.
She has a necklace.
His tie is red.
Her skin is smooth.
He is pale.
Brown hair.
A trimmed beard.
He is bald.
Green eyes.
She uses makeup.
A tattoo on the arm.
He is attractive.
She is overweight.
A tall person.
He has an accent.
The user uses a wheelchair.
The person's appearance is neat.
The user's face is round.
Her nails are painted.
A bun.
Probably a grandmother.
He has thick eyebrows.
He is in a navy polo.
Mid\u201130s.
\uff37earing a hat.
We\u00adaring a hat.
A be\u0301ard.
"""

HARMLESS = """\
The pale light comes from the left.
He sits in front of a white wall.
A black screen can be seen behind him.
The wall behind her is white.
He talks about a young company.
An old topic comes up again.
He keeps eye contact and nods.
Her eyebrows are raised and her lips are pursed.
He touches his nose and rubs his eyes.
The tone suits the topic well.
He begins with "Ladies and gentlemen".
A dress rehearsal is mentioned.
The ring light is reflected in the window.
In the digital age everybody speaks to a camera.
He addresses the audience and manages his pauses.
The user made minor pauses at a uniform pace.
The German market is the subject.
Many humans hesitate there.
She looks about 20 seconds to the right.
"""


@pytest.mark.parametrize("sentence", JUDGING.splitlines())
def test_what_describes_a_person_is_left_out(sentence: str) -> None:
    assert mentions(unicodedata.normalize("NFKC", sentence.replace("\u00ad", ""))) is not None
    found = readable_analysis(f"Calm.\n\n{sentence}\n\nSteady.")
    assert found.text == "Calm.\n\nSteady."
    assert found.left_out == 1


@pytest.mark.parametrize("sentence", HARMLESS.splitlines())
def test_other_senses_of_the_same_words_stay(sentence: str) -> None:
    assert mentions(sentence) is None
    assert readable_analysis(sentence).text == sentence


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("A young man in a blue shirt keeps steady eye contact.", "… keeps steady eye contact."),
        ("The woman, wearing glasses, occasionally looks away.", "… occasionally looks away."),
        ("He is wearing a blue shirt and looks at the camera.", "… looks at the camera."),
        ("He looks at the camera and is wearing a blue shirt.", "He looks at the camera…"),
        ("The user, a Caucasian male with a beard, appears calm.", "… appears calm."),
        # What would be turned into its opposite goes altogether.
        ("The young man never once, in his blue shirt, looks at the camera.", ""),
        ("Nothing suggests that the man in the shirt smiles.", ""),
        ("If he takes off his glasses, he looks at the camera.", ""),
        # Who of the two is meant is not to be known.
        ("A man next to a woman in a hat looks away.", ""),
        ("He wears a shirt that keeps a rigid posture.", ""),
    ],
)
def test_a_part_that_stands_by_itself_is_kept(sentence: str, kept: str) -> None:
    found = readable_analysis(sentence)
    assert (found.text, found.left_out) == (kept, 1)


def test_what_goes_on_about_it_goes_with_it() -> None:
    found = readable_analysis("He has a tattoo. It is a dragon. Its wings are open. He nods. It is quiet.")
    assert (found.text, found.left_out) == ("He nods. It is quiet.", 3)


def test_markdown_becomes_plain_and_a_heading_goes_with_its_content() -> None:
    text = """\
# Summary of the call

## User appearance
Round-rimmed and colourful.
- a nice smile

---
## Behaviour
**Gaze:** mostly *steady*, see [the docs](https://example.org).
1. He `nods` often.
2) He wears a hat.
   * and a coat
* __Hands__: open
  and visible

| Feature | Seen |
|---|---|
| Hair | short |
| Voice | clear |

**Clothing**
* neat

### Looks
- blond
"""
    found = readable_analysis(text)
    assert found.text == (
        "Summary of the call\n\nBehaviour\n\nGaze: mostly steady, see the docs.\n\n"
        "• He nods often.\n• Hands: open and visible\n• Voice: clear"
    )
    assert found.left_out >= 6


def test_the_shape_that_tavus_sends(shared_data: Path) -> None:
    body = json.loads((shared_data / "tavus-bodies/W05_webhook_application.perception_analysis.json").read_text())
    found = readable_analysis(body["properties"]["analysis"])
    assert "His gaze is predominantly direct towards the camera" in found.text
    assert "Appearance" not in found.text
    assert "*" not in found.text
    assert found.left_out == 1


def test_a_language_that_the_words_do_not_know_is_left_out() -> None:
    text = "Er trägt ein blaues Hemd und schaut immer direkt in die Kamera.\n\n他穿着一件蓝色的衬衫。\n\nHe nods."
    assert readable_analysis(text).text == "He nods."
    assert readable_analysis(text).left_out == 2


@pytest.mark.parametrize("text", ["He nods again. " * 6_000, "He nods\n\n" * 9_000, "nods" * 25_000, "x " * 45_000])
def test_what_is_too_long_is_cut_at_a_sentence_and_says_so(text: str) -> None:
    found = readable_analysis(text)
    assert len(found.text) <= LONGEST
    assert found.text.endswith(CUT_NOTE)
    assert readable_analysis(found.text) == found


def test_a_cut_never_hides_the_word_that_gives_it_away() -> None:
    text = "He nods. " + "a" * (4 * LONGEST - 20) + " young m" + "an in a shirt"
    assert "young" not in readable_analysis(text).text


# --- whatever comes ------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "He", "A young man", "The user", "white", "wall", "in his", "30s", "wearing", "a blue shirt",
        "nods", "and", "but", "looks at the camera", "keeps eye contact", "with", ", ", " ", ". ", ".",
        "! ", "… ", "…", ":", ": ", ";", "\n", "\n\n", "\n- ", "\n  * ", "\n    - ", "# ", "## ", "**",
        "__", "*", "`", "> ", "| a | b |", "|---|", "---", "Appearance", "Behaviour", "Gaze", "1. ",
        "e.g. ", "(", ")", '"', "not", "young", "company", "old", "hair", "pale", "light", "It is",
        "These", "\u200b", "\t", "\r\n", "&amp;", "&#119;", "[x](y)", "é", "他", "Label",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=24).map(" ".join) | st.lists(PIECES, max_size=24).map("".join) | st.text(max_size=120)


@unhurried
@given(TEXTS)
def test_whatever_comes_is_clean_plain_and_at_rest(text: str) -> None:
    found = readable_analysis(text)
    assert mentions(found.text) is None
    for line in found.text.splitlines():
        assert mentions(line) is None
        assert not [sign for sign in line if unicodedata.category(sign) in {"Cc", "Cf", "Cs"}]
    assert found.text == found.text.strip("\n")
    assert found.left_out >= 0
    again = readable_analysis(found.text)
    assert (again.text, again.left_out) == (found.text, 0)
