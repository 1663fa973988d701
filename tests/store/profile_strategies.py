"""Profiles of every kind that is allowed, hostile texts among them."""

from __future__ import annotations

from hypothesis import strategies as st

from coach_desktop.store.profiles import LANGUAGES, MULTILINGUAL, Profile

_HOSTILE = st.sampled_from(
    [
        '"',
        '"""',
        "'''",
        "\\",
        "\\n",
        "\\u0041",
        "#",
        "# ",
        "]",
        "[x]",
        "=",
        " = ",
        "{",
        "${HOME}",
        "🎤",
        "é",
        "\u202e",
        "a",
    ]
)
_LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))


def _texts(parts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(parts, min_size=1, max_size=40).map(lambda found: "".join(found)[:most]).filter(lambda t: t.strip())


SHORT = _texts(_HOSTILE | _LETTERS, 200)
LONG = _texts(_HOSTILE | _LETTERS | st.sampled_from(["\n", "\t", "\n\n", "  ", "\r\n", 'x"\n"', "-" * 90]), 2000)
_LISTS = st.lists(SHORT, max_size=5).map(tuple)
_BOOLS = st.none() | st.booleans()
IDS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Return any profile that may be saved."""
    return Profile(
        id=draw(IDS),
        name=draw(SHORT),
        purpose=draw(SHORT),
        provider=draw(st.sampled_from(["local", "tavus"])),
        persona_id=draw(SHORT),
        replica_id=draw(st.none() | SHORT),
        conversation_name=draw(SHORT),
        custom_greeting=draw(st.none() | LONG),
        conversational_context=draw(st.none() | LONG),
        max_call_duration=draw(st.integers(10, 3600)),
        participant_left_timeout=draw(st.none() | st.integers(0, 3600)),
        participant_absent_timeout=draw(st.none() | st.integers(10, 3600)),
        document_ids=draw(st.none() | _LISTS),
        document_tags=draw(st.none() | _LISTS),
        document_retrieval_strategy=draw(st.none() | st.sampled_from(["speed", "balanced", "quality"])),
        memory_stores=draw(st.none() | _LISTS),
        objectives_id=draw(st.none() | SHORT),
        audio_only=draw(_BOOLS),
        enable_dynamic_greeting=draw(_BOOLS),
        require_auth=draw(_BOOLS),
        max_participants=draw(st.none() | st.integers(2, 1000)),
        policy=draw(st.sampled_from([None, "eu"])),
        callback_url=draw(st.sampled_from([None, "https://hooks.example/a?b=%20#c", "https://[::1]:8443/"])),
        language=draw(st.sampled_from([None, MULTILINGUAL, *LANGUAGES])),
        languages=draw(st.none() | st.just(("en", "pt-br"))),
        enable_closed_captions=draw(_BOOLS),
        apply_greenscreen=draw(_BOOLS),
        enable_recording=draw(_BOOLS),
        recording_s3_bucket_name=draw(st.none() | SHORT),
        recording_s3_bucket_region=draw(st.none() | SHORT),
        aws_assume_role_arn=draw(st.none() | SHORT),
    )
