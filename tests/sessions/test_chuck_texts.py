"""The texts of Chuck and what is remembered of them: ours are in order, the user's are kept, nothing broken is lost."""

from __future__ import annotations

import json
import re
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core.errors import CoachError
from coach_desktop.practice import json_patch
from coach_desktop.sessions.chuck_memory import ChuckMemory, KnownAs, Remembered
from coach_desktop.sessions.chuck_plan import OWNED, changes_between, patch_of, wanted_persona
from coach_desktop.sessions.chuck_texts import QUERY_LIMIT, ChangedTexts, changed_texts, our_texts
from coach_desktop.tavus.models import Persona

OURS = our_texts()


def test_our_texts_keep_to_what_a_coach_may_say() -> None:
    texts = OURS.texts()
    queries = (*texts.visual_awareness_queries, *texts.audio_awareness_queries, *texts.perception_analysis_queries)
    assert all(0 < len(query) <= QUERY_LIMIT for query in queries)
    # Nothing may ask for what must not be told.
    asking = [query for query in queries if re.search(r"\b(nervous|anxious|angry|sad|attractive|how old)\b", query)]
    assert asking == []
    prompt = texts.system_prompt.lower()
    for word in ("one strength", "one action", "pause", "never name a feeling", "diagnose", "short questions"):
        assert word in prompt
    assert not re.search(r"[\u201c\u201d]|\*\*|^#|^- ", texts.system_prompt, re.MULTILINE)
    assert len(texts.system_prompt) < 6000


def test_what_the_user_has_not_changed_stays_ours() -> None:
    changed = ChangedTexts(greeting="Hello.", audio_awareness_queries=())
    texts = changed.over(OURS.texts())
    assert (texts.greeting, texts.audio_awareness_queries) == ("Hello.", ())
    assert texts.system_prompt == OURS.system_prompt


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"system_prompt": "  "}, "Instructions: it must not be empty"),
        ({"system_prompt": "x" * 16_001}, "Instructions: it must not be longer than 16000"),
        ({"system_prompt": "a\x00b"}, "Instructions: it must not hold control characters"),
        ({"visual_awareness_queries": ("ok?", "x" * 1001)}, "What he watches, question 2: it must not be longer"),
        ({"perception_analysis_queries": ("x",) * 21}, "After the talk: there must not be more than 20"),
    ],
)
def test_a_text_that_cannot_be_sent_is_named(fields: dict[str, object], words: str) -> None:
    with pytest.raises(CoachError) as caught:
        changed_texts(fields)
    assert words in caught.value.what
    assert "what you typed is still there" in caught.value.safe


def test_what_is_remembered_comes_back_and_is_the_users_alone_to_read(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "chuck.json"
    remembered = Remembered(
        texts=ChangedTexts(greeting="Grüß dich."),
        document_ids=("d1",),
        accounts={"http://h/v2": KnownAs(persona_id="p1")},
    )
    assert ChuckMemory(path).load() == (Remembered(), "")
    ChuckMemory(path).change(lambda _now: remembered)
    assert ChuckMemory(path).load() == (remembered, "")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.expects_warnings("chuck.json cannot be used")
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"texts": 5}', b"\xff\xfe", b'{"accounts": {"a": {}}}'])
def test_a_broken_file_is_kept_and_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chuck.json"
    for number in (1, 2):
        path.write_bytes(content)
        remembered, note = ChuckMemory(path).load()
        assert remembered == Remembered()
        assert f"chuck.broken-{number}.json" in note
        assert not path.exists()
    assert (tmp_path / "chuck.broken-1.json").read_bytes() == content


def test_a_place_that_cannot_be_written_to_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    with pytest.raises(CoachError) as caught:
        ChuckMemory(tmp_path / "file" / "chuck.json").change(lambda now: now.model_copy(update={"replica_id": "r1"}))
    assert "could not be kept" in caught.value.what


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
LAYER = st.none() | st.dictionaries(
    st.sampled_from([path.rsplit("/", 1)[1] for path in OWNED if path.startswith("/layers")] + ["x"]), JSON, max_size=4
)
PERSONAS = st.fixed_dictionaries(
    {"persona_id": st.just("p1")},
    optional={
        "system_prompt": st.none() | st.text(max_size=5),
        "default_replica_id": st.none() | st.just("r2"),
        "document_ids": st.none() | st.lists(st.text(max_size=3), max_size=2),
        "pipeline_mode": st.sampled_from(["full", "echo"]),
        "layers": st.none()
        | st.dictionaries(st.sampled_from(["perception", "conversational_flow", "tts"]), LAYER, max_size=3),
    },
)


@given(PERSONAS, st.booleans())
def test_whatever_a_persona_was_the_patch_makes_it_what_is_wanted_and_touches_nothing_else(
    row: dict[str, object], with_documents: bool
) -> None:
    wanted = wanted_persona(OURS, OURS.texts(), "r1", essentials="x", document_ids=("d1",) if with_documents else ())
    persona = Persona.model_validate(row)
    steps = [step.shown() for step in patch_of(persona, changes_between(persona, wanted, {}))]
    after = json_patch.apply(row, json.loads(json.dumps(steps)))
    assert changes_between(Persona.model_validate(after), wanted, {}) == []
    before_layers, after_layers = row.get("layers") or {}, after["layers"]
    assert isinstance(before_layers, dict)
    assert after_layers.get("tts", None) == before_layers.get("tts", None)
    for layer in ("perception", "conversational_flow"):
        assert (after_layers[layer]).get("x") == (before_layers.get(layer) or {}).get("x")
    again = Persona.model_validate(after)
    assert patch_of(again, changes_between(again, wanted, {})) == []
