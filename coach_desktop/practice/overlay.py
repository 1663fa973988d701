"""A film of what the eyes made out of a recorded talk: every picture that was looked at, drawn over, without sound."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.stream import VideoStream
from PIL import Image

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.drawing import drawn
from coach_desktop.practice.media_file import PICTURES_A_SECOND
from coach_desktop.practice.seeing.frames import to_rgb
from coach_desktop.store.part_file import PartFile

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from av.container import OutputContainer

    from coach_desktop.practice.room_protocol import VideoFrame
    from coach_desktop.practice.senses import Look

log = logging.getLogger(__name__)

_TICKS = 1000
"""Parts of a second that a picture's time is written in."""


@dataclass(frozen=True)
class _Kind:
    """A kind of film: FFmpeg's name of the container, and encoders with their options, the best first."""

    container: str
    encoders: tuple[tuple[str, dict[str, str]], ...]


_H264 = ("libx264", {"preset": "veryfast", "crf": "20"})
_MPEG4 = ("mpeg4", {"qscale": "3"})
_VP9 = ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"})
_KINDS = {
    ".mp4": _Kind("mp4", (_H264, _MPEG4)),
    ".m4v": _Kind("mp4", (_H264, _MPEG4)),
    ".mov": _Kind("mov", (_H264, _MPEG4)),
    ".mkv": _Kind("matroska", (_H264, _VP9, _MPEG4)),
    ".webm": _Kind("webm", (_VP9,)),
}


class Overlay:
    """One film. A context manager; without `finish` nothing stays of it.

    `add` belongs to one thread, that of the eyes; `finish` comes after it has ended.
    """

    def __init__(self, path: Path, *, apart_from: Path) -> None:
        """Begin a film at `path`, which must not be the recording `apart_from`. Raises `CoachError`."""
        kind = _KINDS.get(path.suffix.lower())
        if kind is None:
            raise CoachError(
                f"{path.name} is no kind of film that can be written.",
                safe="Nothing was changed.",
                do=f"Name a file that ends in one of {', '.join(_KINDS)}.",
            )
        self._kind = kind
        self._encoder, self._options = _encoder(kind)
        self._file = PartFile(path, apart_from=apart_from)
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._last_pts = -1
        self._failure: CoachError | None = None

    def __enter__(self) -> Self:
        """Return the film."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close and take away what was not finished."""
        with suppress(av.FFmpegError, OSError):
            self._close()
        self._file.__exit__(None, None, None)

    def add(self, frame: VideoFrame, look: Look) -> None:
        """Draw what was made out over a picture and add it. A disk that is full is told by `finish`."""
        if self._failure is not None:
            return
        picture = to_rgb(frame.format, frame.width, frame.height, frame.payload)
        try:
            self._write(drawn(picture, look), look.at_s)
        except (av.FFmpegError, OSError, ValueError) as error:
            log.warning("the overlay breaks off at %.1f s: %s", look.at_s, error)
            self._failure = self._file.refused(error)

    def finish(self) -> None:
        """Complete the film and put it in its place. Raises `CoachError`."""
        if self._failure is not None:
            raise self._failure
        if self._container is None or self._stream is None:
            raise CoachError(
                f"{self._file.path.name} was not written: no picture was looked at.",
                safe="The report is not affected.",
                do="Leave out --overlay for a recording without pictures.",
            )
        try:
            self._container.mux(self._stream.encode(None))
            self._close()
        except (av.FFmpegError, OSError) as error:
            raise self._file.refused(error) from error
        self._file.finish()

    def _write(self, image: Image.Image, at_s: float) -> None:
        if self._container is None or self._stream is None:
            self._container = av.open(str(self._file.part), "w", format=self._kind.container)
            self._stream = self._begun(self._container, image)
        size = (self._stream.width, self._stream.height)
        frame = av.VideoFrame.from_ndarray(np.asarray(_fitted(image, size)), format="rgb24")
        # Two pictures of one moment would be one too many for most containers.
        self._last_pts = max(round(at_s * _TICKS), self._last_pts + 1)
        frame.pts, frame.time_base = self._last_pts, Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def _begun(self, container: OutputContainer, image: Image.Image) -> VideoStream:
        stream = container.add_stream(self._encoder, rate=PICTURES_A_SECOND, options=dict(self._options))
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{self._encoder} writes no pictures")
        # Colours are stored for every four pixels together, so there is no half of them.
        stream.width, stream.height = (max(2, side - side % 2) for side in image.size)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        return stream

    def _close(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()


def _encoder(kind: _Kind) -> tuple[str, dict[str, str]]:
    for name, options in kind.encoders:
        try:
            av.codec.Codec(name, "w")
        except ValueError:
            continue
        return name, options
    raise CoachError(
        f"This computer's FFmpeg cannot write {kind.container} films.",
        safe="Nothing was changed.",
        do=f"Name a file that ends in one of {', '.join(_KINDS)}.",
    )


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture in the size of the film: cut by a pixel, or, of a film that changes its size, made to fit."""
    if image.width - size[0] in {0, 1} and image.height - size[1] in {0, 1}:
        return image.crop((0, 0, *size))
    scale = min(size[0] / image.width, size[1] / image.height)
    small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    fitted = Image.new("RGB", size)
    fitted.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
    return fitted
