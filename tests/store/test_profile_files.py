"""The user's own profiles: saved, deleted, imported and exported without ever losing or touching another file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach_desktop.store.profile_files import (
    copy_of,
    delete_profile,
    export_profile,
    import_profile,
    load_shelf,
    new_id,
    read_profile,
    save_profile,
)
from coach_desktop.store.profiles import Profile, ProfileError
from tests.store.profile_strategies import IDS, SHORT, profiles

GOOD = 'id = "mine"\nname = "Mine"\npurpose = "To practise."\n'
MINE = Profile(id="mine", name="Mine", purpose="To practise.")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "profiles"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def own_ids(own: Path) -> list[str]:
    return [stored.profile.id for stored in load_shelf(own).profiles if not stored.built_in]


def test_the_built_in_ones_come_first_and_nothing_is_wrong_with_them(own: Path) -> None:
    shelf = load_shelf(own)
    assert shelf.problems == ()
    assert [stored.profile.id for stored in shelf.profiles] == ["chuck-local", "chuck-tavus", "interview-tavus"]
    assert all(stored.built_in and stored.path.is_file() for stored in shelf.profiles)
    assert not own.exists()
    save_profile(own, MINE)
    assert [stored.built_in for stored in load_shelf(own).profiles] == [True, True, True, False]


def test_built_in_paid_profiles_end_soon_after_the_user_is_gone(own: Path) -> None:
    for stored in load_shelf(own).profiles:
        if stored.profile.provider == "tavus":
            assert stored.profile.max_call_duration <= 900
            assert stored.profile.participant_left_timeout == 30
            assert stored.profile.participant_absent_timeout == 120


def test_own_profile_stands_in_for_a_built_in_one_until_it_is_deleted(own: Path) -> None:
    changed = load_shelf(own).profiles[0].profile.model_copy(update={"name": "My Chuck"})
    save_profile(own, changed)
    shelf = load_shelf(own)
    assert [stored.profile.id for stored in shelf.profiles] == ["chuck-local", "chuck-tavus", "interview-tavus"]
    assert (shelf.profiles[0].profile.name, shelf.profiles[0].built_in) == ("My Chuck", False)
    delete_profile(own, "chuck-local")
    assert load_shelf(own).profiles[0].built_in


def test_own_ones_are_in_the_order_of_their_names(own: Path) -> None:
    for profile_id, name in (("a", "Zoe"), ("b", "anna"), ("c", "Bob")):
        save_profile(own, MINE.model_copy(update={"id": profile_id, "name": name}))
    assert own_ids(own) == ["b", "c", "a"]


def test_two_own_files_with_one_id_are_told_and_the_first_is_used(own: Path) -> None:
    own.mkdir()
    (own / "b.toml").write_text(GOOD.replace("Mine", "Second"), encoding="utf-8")
    (own / "a.toml").write_text(GOOD, encoding="utf-8")
    shelf = load_shelf(own)
    assert shelf.profiles[-1].profile.name == "Mine"
    assert own_ids(own) == ["mine"]
    [problem] = shelf.problems
    assert problem.what == "The profiles a.toml and b.toml have the same id 'mine'."
    assert "b.toml" in problem.do


def test_broken_files_are_told_one_by_one_and_stop_nobody(own: Path) -> None:
    own.mkdir()
    (own / "folder.toml").mkdir()
    (own / "gone.toml").symlink_to(own / "nowhere")
    (own / "hostile\n\x1b[31m.toml").write_text("id = 5", encoding="utf-8")
    (own / "mine.toml").write_text(GOOD, encoding="utf-8")
    (own / "notes.txt").write_text("no profile", encoding="utf-8")
    os.mkfifo(own / "pipe.toml")
    shelf = load_shelf(own)
    assert own_ids(own) == ["mine"]
    assert [problem.what.split(".toml")[0] for problem in shelf.problems] == [
        "The profile folder",
        "The profile gone",
        "The profile hostile\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31m",
        "The profile pipe",
    ]


def test_folder_that_may_not_be_read_is_told(unprivileged_folder: Path, ordinary_user: None) -> None:
    own = unprivileged_folder / "profiles"
    save_profile(own, MINE)
    own.chmod(0)
    try:
        shelf = load_shelf(own)
    finally:
        own.chmod(0o700)
    assert all(stored.built_in for stored in shelf.profiles)
    assert "Permission denied" in shelf.problems[0].what


def test_saving_that_fails_leaves_the_old_profile(unprivileged_folder: Path, ordinary_user: None) -> None:
    own = unprivileged_folder / "profiles"
    save_profile(own, MINE)
    before = contents(own)
    own.chmod(0o500)
    try:
        with pytest.raises(ProfileError, match="cannot be saved: Permission denied") as caught:
            save_profile(own, MINE.model_copy(update={"name": "Other"}))
        with pytest.raises(ProfileError, match="cannot be deleted: Permission denied"):
            delete_profile(own, "mine")
    finally:
        own.chmod(0o700)
    assert caught.value.safe == "Nothing was changed."
    assert contents(own) == before


@settings(max_examples=15, deadline=None)
@given(profile=profiles())
def test_every_saved_profile_is_on_the_shelf(tmp_path_factory: pytest.TempPathFactory, profile: Profile) -> None:
    own = tmp_path_factory.mktemp("own")
    path = save_profile(own, profile)
    assert path.parent == own
    assert read_profile(path) == profile
    assert [stored.profile for stored in load_shelf(own).profiles if not stored.built_in] == [profile]
    assert [file.name for file in own.iterdir()] == [path.name]


def test_saved_profile_is_private_and_keeps_its_comments(own: Path) -> None:
    path = save_profile(own, MINE)
    assert path == own / "mine.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("# dear to me\n" + GOOD, encoding="utf-8-sig")
    assert save_profile(own, MINE.model_copy(update={"name": "Other"})) == path
    assert path.read_text(encoding="utf-8") == "# dear to me\n" + GOOD.replace("Mine", "Other")


def test_profile_is_saved_where_it_lies_and_never_over_another_file(own: Path) -> None:
    own.mkdir()
    (own / "monday.toml").write_text(GOOD, encoding="utf-8")
    (own / "other.toml").write_text("id = broken", encoding="utf-8")
    (own / "third.toml").write_text(GOOD.replace('"mine"', '"fourth"'), encoding="utf-8")
    (own / "link.toml").symlink_to(own / "nowhere")
    assert save_profile(own, MINE.model_copy(update={"name": "New"})) == own / "monday.toml"
    for profile_id in ("other", "third", "link"):
        path = save_profile(own, MINE.model_copy(update={"id": profile_id}))
        assert path == own / f"{profile_id}.2.toml"
        assert save_profile(own, MINE.model_copy(update={"id": profile_id})) == path
    assert (own / "other.toml").read_text(encoding="utf-8") == "id = broken"
    assert read_profile(own / "third.toml").id == "fourth"
    assert (own / "link.toml").is_symlink()
    assert sorted(own_ids(own)) == ["fourth", "link", "mine", "other", "third"]


def test_ids_that_are_devices_somewhere_get_another_file_name(own: Path) -> None:
    for profile_id in ("con", "com1"):
        assert save_profile(own, MINE.model_copy(update={"id": profile_id})).name == f"profile-{profile_id}.toml"


def test_nothing_is_written_outside_the_folder(own: Path, tmp_path: Path) -> None:
    own.mkdir()
    outside = tmp_path / "outside.toml"
    outside.write_text(GOOD, encoding="utf-8")
    (own / "mine.toml").symlink_to(outside)
    with pytest.raises(ProfileError, match=r"mine\.toml is a link to a file elsewhere"):
        save_profile(own, MINE.model_copy(update={"name": "New"}))
    delete_profile(own, "mine")
    assert outside.read_text(encoding="utf-8") == GOOD
    assert list(own.iterdir()) == []


@pytest.mark.parametrize("profile_id", ["chuck-local", "none", "../mine"])
def test_only_own_profiles_are_deleted(own: Path, profile_id: str) -> None:
    save_profile(own, MINE)
    with pytest.raises(ProfileError, match="among your own"):
        delete_profile(own, profile_id)
    assert own_ids(own) == ["mine"]
    assert len(load_shelf(own).profiles) == 4


@settings(max_examples=15, deadline=None)
@given(profile=profiles(), taken=st.booleans())
def test_exported_profile_is_imported_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, profile: Profile, taken: bool
) -> None:
    path = tmp_path_factory.mktemp("out") / "for you.toml"
    export_profile(profile, path)
    imported = import_profile(path, [profile.id] if taken else [])
    assert (imported.id != profile.id) == taken
    assert imported.model_copy(update={"id": profile.id}) == profile


def test_export_replaces_a_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("old", encoding="utf-8")
    export_profile(MINE, path)
    assert read_profile(path) == MINE
    assert path.stat().st_mode & 0o777 == 0o644
    with pytest.raises(ProfileError, match="is not a file"):
        export_profile(MINE, tmp_path)
    with pytest.raises(ProfileError, match="is not a file"):
        export_profile(MINE, Path("/dev/null"))
    with pytest.raises(ProfileError, match=r"exported to mine\.toml: No such file"):
        export_profile(MINE, tmp_path / "no folder" / "mine.toml")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]


def test_bad_import_is_told_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "big.toml").write_bytes(b"#" * 300_000)
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    (tmp_path / "broken.toml").write_text(GOOD + "x = [", encoding="utf-8")
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    (tmp_path / "wrong.toml").write_text(GOOD + "\npolicy = 'us'", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.toml")
    before = sorted(tmp_path.iterdir())
    told = {
        "big": r"too large \(more than 256 KB\)",
        "binary": "not a text file in UTF-8",
        "broken": "not valid TOML: .*at line 4, the end of the file",
        "dangling": "No such file",
        "endless": "is not a file",
        "wrong": "line 5, has a problem in the field 'policy': it must be 'eu'",
        "pipe": "is not a file",
    }
    for name, says in told.items():
        with pytest.raises(ProfileError, match=says) as caught:
            import_profile(tmp_path / f"{name}.toml", [])
        assert caught.value.safe == "Nothing was imported."
        assert f"{name}.toml" in caught.value.what
        assert f"{name}.toml" in caught.value.do
    assert sorted(tmp_path.iterdir()) == before


def test_import_reads_a_byte_order_mark_and_a_link_to_a_file(tmp_path: Path) -> None:
    (tmp_path / "mark.toml").write_text(GOOD, encoding="utf-8-sig")
    (tmp_path / "link.toml").symlink_to(tmp_path / "mark.toml")
    assert import_profile(tmp_path / "link.toml", ["mine"]) == MINE.model_copy(update={"id": "mine-2"})


def test_copies_can_be_told_apart() -> None:
    first = copy_of(MINE, ["mine"])
    second = copy_of(MINE, ["mine", first.id])
    third = copy_of(first, ["mine", first.id, second.id])
    assert [(copy.id, copy.name) for copy in (first, second, third)] == [
        ("mine-copy", "Mine (copy)"),
        ("mine-copy-2", "Mine (copy 2)"),
        ("mine-copy-3", "Mine (copy 3)"),
    ]
    assert first.purpose == MINE.purpose


def test_ids_are_made_of_names() -> None:
    assert new_id("Müller & Söhne: Verkauf!", []) == "muller-sohne-verkauf"
    assert new_id("Mine", ["mine", "mine-2"]) == "mine-3"
    assert new_id("日本語 🎤", ["profile"]) == "profile-2"


@settings(max_examples=40, deadline=None)
@given(name=SHORT, taken=st.sets(IDS, max_size=5))
def test_new_ids_and_copies_are_always_valid_and_free(name: str, taken: set[str]) -> None:
    for _ in range(3):
        profile = Profile(id=new_id(name, taken), name=name, purpose="P")
        assert profile.id not in taken
        taken.add(profile.id)
        copy = Profile.model_validate(copy_of(profile, taken).model_dump())
        assert copy.id not in taken
        taken.add(copy.id)
