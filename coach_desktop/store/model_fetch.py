"""Fetching a model file from its official source: with progress, resumed where it broke off, never unverified.

What has come stands beside its place as `NAME.part` until all of it is there and its sha256 is right; only then it
gets its name. A part left by an earlier run is gone on with.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import urllib3
from filelock import FileLock

from coach_desktop.core.errors import CoachError
from coach_desktop.store import model_files
from coach_desktop.store.model_files import FoundModel, ModelFile, ModelMissingError
from coach_desktop.store.model_switch import is_offline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

PAUSE_S = 2.0
"""Wait before a source that broke off is asked again."""
_CONNECT_S = 10.0
_SILENT_S = 30.0
"""A source that sends nothing for this long has broken off."""
_MOST_TRIES_IN_VAIN = 3
_BLOCK = 64 * 1024
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ModelFetchError(CoachError):
    """A model file could not be fetched."""


class FetchCancelledError(ModelFetchError):
    """Nobody wants the file any more."""


def find_or_fetch(
    models: Sequence[ModelFile],
    cache: Path,
    *,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
    pause_s: float | None = None,
    agreed: bool = False,
) -> list[FoundModel]:
    """Return all of `models`, those that are nowhere on this computer from their official source. Blocks.

    `progress` gets the bytes that have come and those to come, of all missing files together; `cancelled` is asked
    often. Raises `ModelFetchError`, and `ModelMissingError` where nothing may be fetched (`model_switch`);
    `agreed`: somebody has said yes to this very fetch, whatever the switch says.
    """
    found: dict[str, FoundModel] = {}
    lacking: list[ModelFile] = []
    errors: list[ModelMissingError] = []
    for model in models:
        try:
            found[model.name] = model_files.find(model, cache)
        except ModelMissingError as error:
            lacking.append(model)
            errors.append(error)
    if errors and is_offline() and not agreed:
        # With what was found instead: who put a wrong copy there would look for another reason otherwise. The switch
        # is that of a user's environment as well as of one who said no to the question.
        first = errors[0]
        what = f"{first.what} It was not fetched, as fetching models is switched off."
        raise ModelMissingError(what, safe=first.safe, do=first.do)
    total = sum(model.size for model in lacking)
    before = 0
    for model in lacking:
        fetch(
            model,
            cache,
            progress=lambda done, before=before: progress(before + done, total),  # type: ignore[misc]
            cancelled=cancelled,
            pause_s=pause_s,
        )
        found[model.name] = model_files.find(model, cache)
        before += model.size
    return [found[model.name] for model in models]


def fetch(
    model: ModelFile,
    cache: Path,
    *,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
    pause_s: float | None = None,
) -> Path:
    """Fetch one file into `cache` and return its path. Blocks.

    A connection that breaks off is taken up again after `pause_s` seconds, for as long as each try brings something.
    Raises `ModelFetchError`: the source cannot be reached, sends something else, or the file cannot be written.
    """
    address = urlsplit(model.url)
    if address.scheme != "https" and address.hostname not in _LOOPBACK:
        raise _failed(model, "Its source is not reached over https.")
    place = cache / model.name
    part = place.with_name(f"{place.name}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{part}.lock"), requests.Session() as session:
            if place.is_file() and model_files.is_right(model, (place,)):
                return place
            _download(session, model, part, progress, cancelled, PAUSE_S if pause_s is None else pause_s)
            if not model_files.is_right(model, (part,)):
                part.unlink()
                raise _failed(model, "What its source sent is something else, so it was thrown away.")
            part.replace(place)
    except OSError as error:
        # requests' own errors are OSErrors, too; _download has turned those into tries.
        raise _failed(model, f"It cannot be written: {error.strerror or error}.") from error
    log.info("%s was fetched", model.name)
    return place


def _download(
    session: requests.Session,
    model: ModelFile,
    part: Path,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
    pause_s: float,
) -> None:
    in_vain = 0
    while (had := _size(part)) < model.size:
        _check(model, cancelled)
        try:
            _one_try(session, model, part, progress, cancelled)
            why = "The connection broke off."
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            why = "Its source cannot be reached, or broke off."
            log.info("%s: %s", model.name, type(error).__name__)
        if _size(part) >= model.size:
            return
        in_vain = 0 if _size(part) > had else in_vain + 1
        if in_vain >= _MOST_TRIES_IN_VAIN:
            raise _failed(model, why)
        _wait(model, pause_s, cancelled)


def _one_try(
    session: requests.Session,
    model: ModelFile,
    part: Path,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    had = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={had}-"} if had else {})
    with session.get(model.url, headers=headers, stream=True, timeout=(_CONNECT_S, _SILENT_S)) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink(missing_ok=True)
            return
        if answer.status_code >= 500 or answer.status_code == requests.codes.too_many_requests:
            raise requests.ConnectionError(f"HTTP {answer.status_code}")
        if answer.status_code not in {200, 206}:
            raise _failed(model, f"Its source answered with HTTP {answer.status_code}.")
        begin = _begin(answer.headers.get("Content-Range", "")) if answer.status_code == 206 else 0
        # A source that cannot go on in the middle, or goes on elsewhere, sends it from its beginning.
        if begin not in {0, had}:
            part.unlink(missing_ok=True)
            return
        with part.open("r+b" if had and begin else "wb") as stream:
            stream.seek(begin)
            done = begin
            while block := answer.raw.read1(_BLOCK):
                _check(model, cancelled)
                done += len(block)
                if done > model.size:
                    stream.truncate(0)
                    raise _failed(model, "What its source sent is something else, so it was thrown away.")
                stream.write(block)
                progress(done)


def _begin(content_range: str) -> int:
    """Return the first byte of a `Content-Range: bytes 5-9/10`, or -1."""
    unit, _, span = content_range.partition(" ")
    first = span.partition("-")[0]
    return int(first) if unit == "bytes" and first.isascii() and first.isdigit() else -1


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _wait(model: ModelFile, seconds: float, cancelled: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        _check(model, cancelled)
        time.sleep(min(0.1, seconds))


def _check(model: ModelFile, cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise FetchCancelledError(
            f"Fetching {model.name} was given up.",
            safe="What has come of it is kept, and the next time goes on from there.",
        )


def _failed(model: ModelFile, why: str) -> ModelFetchError:
    return ModelFetchError(
        f"The model file {model.name} could not be fetched. {why}",
        safe="Nothing else is affected: what needs it is shown as not measured.",
        do="Try again when this computer is online, or put the file into the folder of models in your data folder.",
        details=model.url,
    )
