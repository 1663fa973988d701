"""Model files come from a real server that breaks off, lies and dawdles; what is kept has the right content."""

from __future__ import annotations

import dataclasses
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.store import model_fetch, model_files
from coach_desktop.store.model_fetch import FetchCancelledError, ModelFetchError
from coach_desktop.store.model_files import ModelMissingError
from coach_desktop.store.model_switch import OFFLINE_VARIABLE
from tests.model_source import (
    CONTENT,
    SHARE,
    Answer,
    Source,
    a_share,
    a_share_until,
    busy,
    elsewhere,
    lie,
    nothing,
    out_of_range,
    ranged,
    refused,
    too_much,
    whole,
)


def fetch(source: Source, cache: Path, told: list[int] | None = None) -> Path:
    return model_fetch.fetch(
        source.model,
        cache,
        progress=(told if told is not None else []).append,
        cancelled=lambda: False,
        pause_s=0.0,
    )


def left(cache: Path) -> set[str]:
    return {path.name for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"}


def test_a_file_comes_with_progress_and_is_found_from_then_on(source: Source, tmp_path: Path) -> None:
    source.plays(whole)
    told: list[int] = []
    place = fetch(source, tmp_path, told)
    assert place.read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)
    assert len(told) > 3
    assert left(tmp_path) == {"some.model"}
    assert model_files.find(source.model, tmp_path).source == "your model cache"
    assert fetch(source, tmp_path) == place
    assert len(source.asked) == 1


def test_a_connection_that_breaks_off_is_gone_on_with(source: Source, tmp_path: Path) -> None:
    source.plays(a_share)
    assert fetch(source, tmp_path).read_bytes() == CONTENT
    assert source.asked == [None, *(f"bytes={n * SHARE}-" for n in (1, 2, 3))]


def test_a_later_run_goes_on_with_what_an_earlier_one_left(source: Source, tmp_path: Path) -> None:
    source.plays(a_share, refused)
    with pytest.raises(ModelFetchError, match="HTTP 404"):
        fetch(source, tmp_path)
    assert left(tmp_path) == {"some.model.part"}
    source.plays(ranged)
    assert fetch(source, tmp_path).read_bytes() == CONTENT
    assert source.asked[-1] == f"bytes={SHARE}-"


@pytest.mark.parametrize("odd", [whole, elsewhere, out_of_range], ids=["from its beginning", "elsewhere", "nowhere"])
def test_a_source_that_cannot_go_on_in_the_middle_begins_anew(source: Source, tmp_path: Path, odd: Answer) -> None:
    source.plays(a_share, odd, whole)
    assert fetch(source, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("liar", [lie, too_much], ids=["other bytes", "too many"])
def test_what_is_something_else_is_thrown_away(source: Source, tmp_path: Path, liar: Answer) -> None:
    source.plays(liar)
    with pytest.raises(ModelFetchError, match="something else") as caught:
        fetch(source, tmp_path)
    assert "not measured" in caught.value.safe
    assert not any(path.stat().st_size for path in tmp_path.rglob("*.part"))
    assert not (tmp_path / source.model.name).exists()
    source.plays(whole)
    assert fetch(source, tmp_path).read_bytes() == CONTENT


def test_a_wrong_beginning_costs_the_whole_and_is_never_used(source: Source, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "some.model.part").write_bytes(b"x" * SHARE)
    source.plays(ranged)
    with pytest.raises(ModelFetchError, match="something else"):
        fetch(source, tmp_path)
    assert left(tmp_path) == set()
    assert fetch(source, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("dead", [nothing, busy], ids=["closes", "is busy"])
def test_a_source_that_gives_nothing_is_asked_a_few_times(source: Source, tmp_path: Path, dead: Answer) -> None:
    source.plays(dead)
    with pytest.raises(ModelFetchError, match="cannot be reached"):
        fetch(source, tmp_path)
    assert len(source.asked) == 3
    source.plays(dead, dead, whole)
    assert fetch(source, tmp_path).read_bytes() == CONTENT


def test_nobody_there(source: Source, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = dataclasses.replace(source.model, url=f"http://127.0.0.1:{free.getsockname()[1]}/x")
        with pytest.raises(ModelFetchError, match="cannot be reached"):
            model_fetch.fetch(nobody, tmp_path, progress=lambda _: None, cancelled=lambda: False, pause_s=0.0)


def test_a_slow_source_can_be_given_up_and_what_came_is_kept(source: Source, tmp_path: Path) -> None:
    enough = threading.Event()
    source.plays(a_share_until(enough))
    told: list[int] = []

    def progress(done: int) -> None:
        told.append(done)
        if done >= SHARE:
            enough.set()

    with pytest.raises(FetchCancelledError):
        model_fetch.fetch(source.model, tmp_path, progress=progress, cancelled=enough.is_set)
    assert told[-1] == SHARE
    source.plays(ranged)
    assert fetch(source, tmp_path).read_bytes() == CONTENT
    assert source.asked[-1] == f"bytes={SHARE}-"


def test_only_what_is_missing_is_fetched_and_told_together(source: Source, tmp_path: Path) -> None:
    source.plays(whole)
    models = [dataclasses.replace(source.model, name=name) for name in ("a", "b", "c")]
    (tmp_path / "b").write_bytes(CONTENT)
    told: list[tuple[int, int]] = []
    found = model_fetch.find_or_fetch(
        models, tmp_path, progress=lambda done, total: told.append((done, total)), cancelled=lambda: False
    )
    assert [one.path.name for one in found] == ["a", "b", "c"]
    assert len(source.asked) == 2
    assert told[-1] == (2 * len(CONTENT), 2 * len(CONTENT))
    assert told == sorted(told)


@pytest.mark.parametrize(("value", "fetched"), [("1", False), ("yes", False), ("0", True), ("", True)])
def test_the_switch_keeps_a_source_from_being_asked(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, fetched: bool
) -> None:
    source.plays(whole)
    monkeypatch.setenv(OFFLINE_VARIABLE, value)

    def get() -> int:
        return len(
            model_fetch.find_or_fetch(
                [source.model], tmp_path, progress=lambda _done, _total: None, cancelled=lambda: False
            )
        )

    if fetched:
        assert get() == 1
        return
    with pytest.raises(ModelMissingError, match=r"not found\. It was not fetched, as fetching models is switched off"):
        get()
    # A wrong copy is told of.
    (tmp_path / "folder").mkdir()
    (tmp_path / source.model.name).write_bytes(CONTENT[::-1])
    with pytest.raises(ModelMissingError, match=r"your model cache has other content and was not used\. It was not"):
        get()
    assert source.asked == []
    # What is here is used all the same.
    (tmp_path / source.model.name).write_bytes(CONTENT)
    assert get() == 1


def test_a_place_that_cannot_be_written_is_told(source: Source, tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("in the way", encoding="utf-8")
    with pytest.raises(ModelFetchError, match="cannot be written"):
        fetch(source, tmp_path)


def test_a_source_without_https_is_not_asked(source: Source, tmp_path: Path) -> None:
    plain = dataclasses.replace(source.model, url="http://models.invalid/x")
    with pytest.raises(ModelFetchError, match="https"):
        model_fetch.fetch(plain, tmp_path, progress=lambda _: None, cancelled=lambda: False)


def test_every_official_source_is_reached_over_https_at_one_version() -> None:
    for model in model_files.ALL_MODELS:
        assert model.url.startswith("https://")
        assert "/main/" not in model.url
        assert model.licence
        assert len(model.sha256) == 64


@given(st.text(max_size=40))
def test_any_content_range_is_read(text: str) -> None:
    assert model_fetch._begin(text) >= -1  # noqa: SLF001 - the parser itself


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_content_range_that_is_one_is_read_rightly(first: int, last: int) -> None:
    assert model_fetch._begin(f"bytes {first}-{last}/*") == first  # noqa: SLF001 - the parser itself
