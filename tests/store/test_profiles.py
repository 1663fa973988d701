"""Profiles are read from files that anybody may have written: every bad one is named, none of them stops the others."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from coach_desktop.store.env_file import read_env
from coach_desktop.store.profile_files import read_profile
from coach_desktop.store.profiles import FieldProblem, Profile, ProfileError, field_problems, find_profile
from coach_desktop.tavus.models import ConversationProperties, CreateConversation

_ID_RULE = "it may hold small letters, digits, - and _, begins with a letter or digit and has at most 64 characters"
GOOD = 'id = "mine"\nname = "Mine"\npurpose = "To practise."\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD + 'custom_greeting = "Grüezi 🎤"\nprovider = "tavus"\npersona_id = "p1"\nmax_call_duration = 60\n',
        GOOD + 'custom_greeting = """two\nlines"""\n',
    ],
    ids=["plain", "CRLF", "BOM", "all of Unicode", "lines where they belong"],
)
def test_good_profile_is_read(file: Path, text: str) -> None:
    file.write_bytes(text.encode())
    profile = read_profile(file)
    assert (profile.id, profile.name, profile.purpose) == ("mine", "Mine", "To practise.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "'id'"),
        ("id = ", "not valid TOML"),
        (GOOD + GOOD, "not valid TOML"),
        (GOOD.replace("\n", "\r"), "not valid TOML"),
        ("\x00" * 50, "not valid TOML"),
        (f"x = {'9' * 5000}", "not valid TOML"),
        (f"x = {'[' * 20_000}", "not valid TOML"),
        (f"x = {'{a=' * 5000}", "not valid TOML"),
        ("x" + ".a" * 120_000 + " = 1", "not valid TOML: it holds an endless key"),
        ("[x" + " . 'a'" * 40_000 + "]", "not valid TOML: it holds an endless key"),
        ("x = {y" + ".a" * 120_000 + " = 1}", "not valid TOML: it holds an endless key"),
        (GOOD + 'custom_greeting = "' + "a." * 2000 + '"', "'custom_greeting': it must not be longer"),
        ("x = 2026-13-45", "not valid TOML"),
        (GOOD + 'colour = "red"', "'colour'"),
        (GOOD + "[table]\na = 1", "'table'"),
        (GOOD + f'{"k" * 100_000} = "red"', "k"),
        (GOOD.replace('"Mine"', "5"), "'name'"),
        (GOOD.replace('"Mine"', '"   "'), "'name'"),
        (GOOD.replace('"Mine"', f'"{"n" * 201}"'), "'name'"),
        (GOOD.replace('"Mine"', '"Mi\\nne"'), "'name': .*one line"),
        (GOOD.replace('"Mine"', '"Mi\\u0000ne"'), "'name': .*one line"),
        (GOOD + 'persona_id = "p1\\r\\nx-api-key: z"', "'persona_id': .*one line"),
        (GOOD + 'max_call_duration = "600"', "'max_call_duration'"),
        (GOOD + "max_call_duration = true", "'max_call_duration'"),
        (GOOD + "max_call_duration = 600.0", "'max_call_duration'"),
        (GOOD + "max_call_duration = 3601", "'max_call_duration'"),
        (GOOD + "max_call_duration = 9223372036854775807", "'max_call_duration'"),
        (GOOD + 'provider = "other"', "'provider'"),
        (GOOD + 'provider = "tavus"', "'persona_id': .*or a replica_id is needed"),
        (GOOD + 'provider = "tavus"\npersona_id = " "', "'persona_id': .*or a replica_id is needed"),
        (GOOD + "participant_left_timeout = -1", "'participant_left_timeout': it must be 0 or more"),
        (GOOD + "participant_absent_timeout = 9", "'participant_absent_timeout': it must be 10 or more"),
        (GOOD + "max_participants = 1", "'max_participants': it must be 2 or more"),
        (GOOD + "audio_only = 1", "'audio_only': it must be true or false"),
        (GOOD + 'require_auth = "true"', "'require_auth': it must be true or false"),
        (GOOD + 'document_ids = "d1"', "'document_ids': it must be a list"),
        (GOOD + 'document_ids = ["d1", "d\\n2"]', "'document_ids': entry 2: it must be one line"),
        (GOOD + 'document_ids = ["d1", ""]', "'document_ids': entry 2: it must not be empty"),
        (GOOD + f"document_tags = {['t'] * 101}", "'document_tags': it must not hold more than 100 entries"),
        (GOOD + 'document_retrieval_strategy = "best"', "'document_retrieval_strategy': it must be 'speed', "),
        (GOOD + 'policy = "us"', "'policy': it must be 'eu'"),
        (GOOD + 'language = "es"', "'language': it must be a full English name"),
        (GOOD + 'languages = ["spanish"]', "'languages': entry 1: it must be a language code"),
        (GOOD + 'custom_greeting = "bell \\u0007"', "'custom_greeting': it must not hold control characters"),
        (GOOD + 'conversational_context = "\\u0000"', "'conversational_context': it must not hold control"),
        *((GOOD + f'callback_url = "{bad}"', "'callback_url': it must") for bad in (
            "http://a.example/", "a.example", "https://", "https:///x", "https://a b.example/", "file:///etc/passwd",
            "https://u:secret@a.example/", "https://a.example:0/", "https://a.example:99999/", "https://[::1/",
            "https://a.example/\\nx", "javascript:alert(1)", "https://" + "a" * 2000,
        )),
        (GOOD + 'conversational_context = "' + "c" * 20_001 + '"', "'conversational_context'"),
        *((GOOD.replace('"mine"', f'"{bad}"'), "'id'") for bad in (
            "", "../../etc/passwd", "a/b", "a\\\\b", "A", "a b", ".", "-a", "a" * 65, "mine\\n", "\uff41", "%2e",
        )),
    ],
)  # fmt: skip
def test_bad_profile_is_refused_with_file_and_field_named(file: Path, text: str, says: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(ProfileError, match=says) as caught:
        read_profile(file)
    assert "mine.toml" in caught.value.what
    assert len(caught.value.sentences()) < 1000
    assert caught.value.safe
    assert "mine.toml" in caught.value.do


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe" + GOOD.encode("utf-16-le"), "UTF-8"),
        (GOOD.replace("Mine", "Müller").encode("latin-1"), "UTF-8"),
        (os.urandom(2000) + b"\xff", "UTF-8"),
        (b"#" * 10_000_000, "too large"),
        (b"#" * (256 * 1024 + 1), "too large"),
    ],
    ids=["UTF-16", "Latin-1", "binary", "10 MB", "one byte too many"],
)
def test_file_that_is_no_profile_at_all_is_refused(file: Path, data: bytes, says: str) -> None:
    file.write_bytes(data)
    with pytest.raises(ProfileError, match=says):
        read_profile(file)


def test_largest_allowed_file_is_read(file: Path) -> None:
    file.write_bytes((GOOD + "#").encode().ljust(256 * 1024, b"x"))
    assert read_profile(file).id == "mine"


def test_what_is_no_file_is_refused_without_waiting_on_it(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    for name in ("folder", "pipe", "endless"):
        with pytest.raises(ProfileError, match="not a file"):
            read_profile(tmp_path / f"{name}.toml")
    with pytest.raises(ProfileError, match="No such file"):
        read_profile(tmp_path / "gone.toml")


def test_file_that_may_not_be_read_is_refused(unprivileged_folder: Path, ordinary_user: None) -> None:
    file = unprivileged_folder / "mine.toml"
    file.write_text(GOOD, encoding="utf-8")
    file.chmod(0)
    with pytest.raises(ProfileError, match="Permission denied"):
        read_profile(file)


TOML_LIKE = st.text(alphabet="idname=\"\n[]{}.#'\\u0019-:TZ+_ ,", max_size=200)


@settings(max_examples=150, deadline=None)
@given(data=st.one_of(st.binary(max_size=300), TOML_LIKE.map(str.encode), TOML_LIKE.map(lambda t: (GOOD + t).encode())))
@example(data=GOOD.encode())
def test_any_bytes_are_a_profile_or_a_profile_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "any.toml"
    file.write_bytes(data)
    try:
        profile = read_profile(file)
    except ProfileError:
        return
    assert profile.id
    assert profile.name.strip() == profile.name


@pytest.mark.parametrize("provider", ["local", "tavus"])
def test_every_field_of_the_api_is_read(file: Path, provider: str) -> None:
    file.write_text(
        GOOD
        + f"""
provider = "{provider}"
persona_id = "p1"
replica_id = "r1"
participant_left_timeout = 0
participant_absent_timeout = 3600
document_ids = ["d1", "d2"]
document_tags = []
document_retrieval_strategy = "speed"
memory_stores = ["anna"]
objectives_id = "o1"
audio_only = true
enable_dynamic_greeting = false
require_auth = true
max_participants = 2
policy = "eu"
callback_url = "https://hooks.example:8443/tavus?x=1"
language = " Spanish "
languages = ["en", "pt-BR", "zh-Hant-TW"]
enable_closed_captions = true
apply_greenscreen = false
enable_recording = true
recording_s3_bucket_name = "bucket"
recording_s3_bucket_region = "eu-central-1"
aws_assume_role_arn = "arn:aws:iam::1:role/r"
""",
        encoding="utf-8",
    )
    assert read_profile(file).model_dump() == {
        "id": "mine",
        "name": "Mine",
        "purpose": "To practise.",
        "provider": provider,
        "persona_id": "p1",
        "replica_id": "r1",
        "conversation_name": "Practice",
        "custom_greeting": None,
        "conversational_context": None,
        "max_call_duration": 3600,
        "participant_left_timeout": 0,
        "participant_absent_timeout": 3600,
        "document_ids": ("d1", "d2"),
        "document_tags": None,
        "document_retrieval_strategy": "speed",
        "memory_stores": ("anna",),
        "objectives_id": "o1",
        "audio_only": True,
        "enable_dynamic_greeting": False,
        "require_auth": True,
        "max_participants": 2,
        "policy": "eu",
        "callback_url": "https://hooks.example:8443/tavus?x=1",
        "language": "spanish",
        "languages": ("en", "pt-BR", "zh-Hant-TW"),
        "enable_closed_captions": True,
        "apply_greenscreen": False,
        "enable_recording": True,
        "recording_s3_bucket_name": "bucket",
        "recording_s3_bucket_region": "eu-central-1",
        "aws_assume_role_arn": "arn:aws:iam::1:role/r",
    }


def test_what_can_be_sent_can_be_said_in_a_profile() -> None:
    sent = {*CreateConversation.model_fields, *ConversationProperties.model_fields} - {"properties"}
    # A test is asked for as such; the others are of rooms elsewhere, of conversations in writing, and of an older and a
    # newer way to the same recordings.
    others = {"test_mode", "meeting_url", "livekit_ws_url", "livekit_room_token", "chat", "recording_storage"}
    assert sent - set(Profile.model_fields) == others


@pytest.mark.parametrize(
    ("field", "taken", "refused"),
    [
        ("max_call_duration", (10, 3600), (9, 3601)),
        ("participant_left_timeout", (0, 3600), (-1, 3601)),
        ("participant_absent_timeout", (10, 3600), (9, 3601)),
        ("max_participants", (2,), (1, 0)),
        ("document_retrieval_strategy", ("speed", "balanced", "quality"), ("fast",)),
        ("policy", ("eu",), ("us",)),
        ("language", ("punjabi", "multilingual"), ("klingon", "es")),
        ("callback_url", ("https://example.org/hook",), ("http://example.org/hook", "https://me:pw@example.org")),
    ],
)
def test_limits_of_the_api_are_those_of_a_profile(
    field: str, taken: tuple[object, ...], refused: tuple[object, ...]
) -> None:
    plain = {"id": "a", "name": "A", "purpose": "x", "provider": "tavus", "persona_id": "p1"}
    for value in taken:
        assert getattr(Profile.model_validate(plain | {field: value}), field) == value
    for value in refused:
        with pytest.raises(ValidationError) as error:
            Profile.model_validate(plain | {field: value})
        assert [problem.field for problem in field_problems(error.value)] == [field]


def test_paid_conversation_closes_soon_after_the_user_is_gone_unless_told_otherwise() -> None:
    def times(**given: Any) -> tuple[int | None, int | None]:
        profile = Profile(id="a", name="A", purpose="P", persona_id="p1", **given)
        return profile.participant_left_timeout, profile.participant_absent_timeout

    assert times(provider="tavus") == (30, 120)
    assert times(provider="tavus", participant_left_timeout=None) == (30, 120)
    assert times(provider="tavus", participant_left_timeout=0, participant_absent_timeout=60) == (0, 60)
    assert times() == (None, None)


def test_blank_is_not_given_and_line_breaks_are_all_alike() -> None:
    profile = Profile(
        id="a",
        name="A",
        purpose="P",
        persona_id="",
        callback_url=" ",
        language="",
        custom_greeting="  \n ",
        conversational_context="\none\r\ntwo\rthree\tand\n",
        document_ids=(),
    )
    given = profile.model_dump(exclude_defaults=True)
    assert given.pop("conversational_context") == "one\ntwo\nthree\tand"
    assert sorted(given) == ["id", "name", "purpose"]


def test_editor_is_told_every_problem_with_its_field() -> None:
    with pytest.raises(ValidationError) as caught:
        Profile.model_validate({"id": "A", "name": "", "document_ids": [5], "colour": "red"})
    assert field_problems(caught.value) == [
        FieldProblem("id", _ID_RULE),
        FieldProblem("name", "it must not be empty"),
        FieldProblem("purpose", "it is missing"),
        FieldProblem("document_ids", "entry 1: it must be text in quotes"),
        FieldProblem("colour", "there is no such field"),
    ]


def test_profiles_are_explained_in_the_documentation(project_root: Path) -> None:
    text = (project_root / "docs" / "profiles.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `(\w+)` \| ", text, re.MULTILINE)
    assert [name for name in explained if name == name.lower()] == list(Profile.model_fields)


def test_examples_of_the_documentation_work(project_root: Path, tmp_path: Path) -> None:
    text = (project_root / "docs" / "profiles.md").read_text(encoding="utf-8")
    examples = dict(re.findall(r"^```(toml|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    (tmp_path / "demo.toml").write_text(examples["toml"], encoding="utf-8")
    (tmp_path / ".env").write_text(examples["sh"], encoding="utf-8")
    written = read_profile(tmp_path / "demo.toml")
    found = read_env(tmp_path / ".env", [])
    assert (found.profile.persona_id, found.profile.custom_greeting) == (written.persona_id, written.custom_greeting)
    assert found.notes == ()
    assert len(found.used) == 8


def test_unknown_profile_is_told_with_the_known_ones() -> None:
    known = [Profile(id="a", name="A", purpose="P"), Profile(id="b", name="B", purpose="P")]
    with pytest.raises(ProfileError) as caught:
        find_profile(known, "c")
    assert "'c'" in caught.value.what
    assert "a, b" in caught.value.do
