"""A recorded talk as the room would have sent it: pictures at an even pace and sound at 16 kHz, read bit by bit.

Any file that FFmpeg reads, through PyAV. Files come from anywhere: what is broken in one is left out and told of, and
nothing that a file says makes us open another file or the network.
"""

from __future__ import annotations

import logging
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import av
import numpy as np

from coach_desktop.coaching.labels import clock
from coach_desktop.core.errors import CoachError
from coach_desktop.practice.media_sound import Sound
from coach_desktop.practice.room_protocol import RGBA, AudioBlock, VideoFrame
from coach_desktop.practice.seeing.frames import ANALYSED_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

log = logging.getLogger(__name__)

PICTURES_A_SECOND = 10
BROKEN_WARNING = "Parts of the recording are damaged and were left out."
NO_NUMBERS_WARNING = "The sound of the recording holds values that are no numbers; they were taken for silence."

# Lists of other files and texts drawn as pictures: nothing of a talk. A picture file counts as a film of one picture,
# and is read by its own content alone: "image2" takes the name of a file for a pattern of names.
_NO_RECORDINGS = frozenset({"hls", "dash", "concat", "concatf", "tty", "image2", "ffmetadata", "lavfi", "sdp", "rtsp"})
_PICTURES = {b"\xff\xd8\xff": "jpeg_pipe", b"\x89PNG\r\n\x1a\n": "png_pipe"}
_PICTURE_NAMES = frozenset({".jpg", ".jpeg", ".png"})
_BEYOND_THE_END_S = 30.0
_LONGEST_GAP_S = 3600.0
"""A time stamp further off than these is damage, not time."""
_BREAKS_OFF_S, _BREAKS_OFF_SHARE = 2.0, 0.03
_ALONE_S, _ALONE_SHARE = 2.0, 0.05
"""Sound without a picture, or a picture without sound, is told of from here on."""
_TOGETHER_S, _MOST_TOLD = 2.0, 3
_AHEAD_S = 0.005
_BEGINNING = 16


class Recording:
    """One open file. `read` once; a context manager that closes it.

    Attributes:
        name: the file's name without its folder.
        length_s: how long it says that it lasts, None where it does not say.
        end_s: how far it was read.
    """

    def __init__(self, path: Path) -> None:
        """Open a file. Raises `CoachError` where there is none, or none with sound or pictures."""
        self.name = path.name
        self.end_s = 0.0
        beginning = self._check(path)
        try:
            # An absolute path behind its protocol: nothing in a name can be taken for an address.
            self._container = av.open(
                f"file:{path.resolve()}",
                format=_picture_format(path, beginning),
                options={"protocol_whitelist": "file"},
                metadata_errors="replace",
            )
        except (av.FFmpegError, ValueError) as error:
            raise self._unreadable(str(error)) from error
        try:
            self._choose()
        except BaseException:
            self._container.close()
            raise
        length = self._container.duration
        self.length_s = length / av.time_base if length is not None and length > 0 else None
        start = self._container.start_time
        self._origin_s = start / av.time_base if start is not None else 0.0
        self._damaged = 0
        self._spoilt = _Spoilt()
        self._extents: dict[bool, tuple[float, float]] = {}
        """From when to when there was sound (True) and there were pictures (False)."""
        self._no_numbers = False

    def _check(self, path: Path) -> bytes:
        """Return how the file begins. Raises `CoachError` where it cannot be read, or has nothing in it."""
        try:
            if path.is_dir():
                raise CoachError(f"{self.name or path} is a folder, not a recording.", do="Name a sound or video file.")
            if not path.exists():
                raise CoachError(f"There is no file {path}.", do="Check its name and folder.")
            if not path.is_file():
                raise CoachError(f"{path} is no ordinary file.", do="Save the recording as a file and name that.")
            with path.open("rb") as stream:
                beginning = stream.read(_BEGINNING)
        except OSError as error:
            raise CoachError(
                f"{self.name} cannot be opened: {error.strerror}.", safe="Nothing was changed.", do="Check the file."
            ) from error
        if not beginning:
            raise CoachError(f"{self.name} is empty.", safe="Nothing was changed.", do="Record the talk again.")
        return beginning

    def _unreadable(self, details: str) -> CoachError:
        return CoachError(
            f"{self.name} cannot be read as a recording.",
            safe="The file was left as it is.",
            do="Choose a sound or video file, such as MP4, MKV, WebM, MOV, MP3 or WAV; if it is one, it is damaged.",
            details=details,
        )

    def _choose(self) -> None:
        kinds = set(self._container.format.name.split(","))
        pipes = {kind for kind in kinds if kind.endswith("_pipe")}
        if kinds & _NO_RECORDINGS or pipes - set(_PICTURES.values()):
            raise self._unreadable(f"format {self._container.format.name}")
        cover = av.stream.Disposition.attached_pic
        self._video: VideoStream | None = next(
            (stream for stream in self._container.streams.video if not stream.disposition & cover), None
        )
        self._audio: AudioStream | None = next(iter(self._container.streams.audio), None)
        if self._video is None and self._audio is None:
            raise CoachError(
                f"There is neither sound nor a moving picture in {self.name}.",
                safe="The file was left as it is.",
                do="Choose a recording of a talk.",
            )
        if self._video is not None:
            # With threads a decoder finds other mistakes each time. "explode" stops it from painting over them; that of
            # H.264 marks such pictures, and would with it also refuse good ones for a broken remark beside them.
            self._video.thread_type = "NONE"
            if self._video.codec_context.name != "h264":
                self._video.codec_context.options = {"err_detect": "crccheck+explode"}

    def __enter__(self) -> Self:
        """Return the recording."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the file."""
        self._container.close()

    @property
    def has_pictures(self) -> bool:
        """Whether there is a moving picture in it."""
        return self._video is not None

    @property
    def has_sound(self) -> bool:
        """Whether there is sound in it."""
        return self._audio is not None

    def read(self) -> Iterator[VideoFrame | AudioBlock]:
        """Yield pictures of at most 640 pixels a side, ten a second, and blocks of sound; about by time.

        `media_s` is the time since the beginning of the recording. What cannot be decoded is left out.
        """
        pictures, sound = _Pictures(), Sound()
        for packet in self._packets():
            for frame in self._decoded(packet):
                if isinstance(frame, av.VideoFrame):
                    at_s = self._time(frame)
                    if at_s is not None:
                        self.end_s = max(self.end_s, at_s)
                        self._extend(False, at_s, at_s + _shown_s(frame))
                    if not self._spoilt.has(frame, at_s):
                        yield from self._told(pictures.take(frame, at_s))
                elif isinstance(frame, av.AudioFrame):
                    yield from self._told(*sound.take(frame, self._time(frame)))
        yield from self._told(*sound.finish())
        self._no_numbers = sound.no_numbers
        self._damaged += sound.damaged

    def warnings(self) -> list[str]:
        """Return what was wrong with the file, once it was read, in plain words."""
        found = [BROKEN_WARNING] if self._damaged else []
        found += self._spoilt.warnings()
        found += [NO_NUMBERS_WARNING] if self._no_numbers else []
        claimed = self.length_s
        if claimed is not None and claimed - self.end_s > max(_BREAKS_OFF_S, _BREAKS_OFF_SHARE * claimed):
            found.append(
                f"The recording says that it lasts {claimed:.0f} s, and breaks off after {self.end_s:.0f} s: the rest"
                " is missing."
            )
        if len(self._extents) == 2:
            found += self._one_alone()
        return found

    def _one_alone(self) -> Iterator[str]:
        """Yield what there is to say of sound without a picture, and of a picture without sound."""
        pictures, sound = self._extents[False], self._extents[True]
        for name, (begin_s, end_s), (other_begin_s, other_end_s), how in (
            ("picture", pictures, sound, "heard"),
            ("sound", sound, pictures, "seen"),
        ):
            enough_s = max(_ALONE_S, _ALONE_SHARE * self.end_s)
            if begin_s - other_begin_s > enough_s:
                yield f"The {name} begins at {clock(round(begin_s, 1))}; what came before was {how} only."
            if other_end_s - end_s > enough_s:
                yield f"The {name} ends at {clock(round(end_s, 1))}; what came after was {how} only."

    def _packets(self) -> Iterator[Packet[Stream]]:
        streams = [stream for stream in (self._video, self._audio) if stream is not None]
        try:
            yield from self._container.demux(streams)
        except av.FFmpegError as error:
            log.info("the file breaks off: %s", error)
            self._damaged += 1

    def _decoded(self, packet: Packet[Stream]) -> list[av.AudioFrame | av.VideoFrame]:
        try:
            return [frame for frame in packet.decode() if isinstance(frame, av.AudioFrame | av.VideoFrame)]
        except (av.FFmpegError, ValueError) as error:
            # Decoders that are flushed a second time say so in the same way.
            if not isinstance(error, av.EOFError):
                if packet.stream is self._video:
                    self._spoilt.add(self._at(packet.pts if packet.pts is not None else packet.dts, packet.time_base))
                else:
                    self._damaged += 1
            return []

    def _time(self, frame: av.AudioFrame | av.VideoFrame) -> float | None:
        return self._at(frame.pts, frame.time_base)

    def _at(self, pts: int | None, time_base: Fraction | None) -> float | None:
        if pts is None or time_base is None:
            return None
        at_s = float(pts * Fraction(time_base)) - self._origin_s
        latest = self.end_s + _LONGEST_GAP_S if self.length_s is None else self.length_s + _BEYOND_THE_END_S
        return max(0.0, at_s) if at_s <= latest else None

    def _told(self, *items: VideoFrame | AudioBlock | None) -> Iterator[VideoFrame | AudioBlock]:
        for item in items:
            if item is not None:
                length_s = item.duration_s if isinstance(item, AudioBlock) else 0.0
                self.end_s = max(self.end_s, item.media_s + length_s)
                if isinstance(item, AudioBlock):
                    self._extend(True, item.media_s, item.media_s + length_s)
                yield item

    def _extend(self, is_sound: bool, begin_s: float, end_s: float) -> None:
        before = self._extents.get(is_sound, (begin_s, end_s))
        self._extents[is_sound] = (min(before[0], begin_s), max(before[1], end_s))


def _shown_s(frame: av.VideoFrame) -> float:
    """Return how long a picture is shown, as far as the file says so and can be believed."""
    return min(float(frame.duration * Fraction(frame.time_base)), 1.0) if frame.duration and frame.time_base else 0.0


def _picture_format(path: Path, beginning: bytes) -> str | None:
    """Return FFmpeg's name for a picture file, None for whatever is to be made out by its content."""
    if path.suffix.lower() not in _PICTURE_NAMES:
        return None
    return next((name for mark, name in _PICTURES.items() if beginning.startswith(mark)), None)


class _Spoilt:
    """Which pictures are spoilt: from a mistake on until the next one that was not made out of those before it."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self._now = False
        self._latest_s = 0.0

    def add(self, at_s: float | None) -> None:
        """Tell of a mistake at a time; None where the file does not say when."""
        at_s = self._latest_s if at_s is None else at_s
        if not self._now and not (self._spans and at_s - self._spans[-1][1] < _TOGETHER_S):
            self._spans.append((at_s, at_s))
        self._now = True
        self._latest_s = max(self._latest_s, at_s)
        self._last(at_s)

    def has(self, frame: av.VideoFrame, at_s: float | None) -> bool:
        """Return whether a picture is to be left out."""
        if frame.is_corrupt:
            self.add(at_s)
        elif self._now:
            at_s = self._latest_s if at_s is None else at_s
            self._last(at_s)
            # One that was decoded before the mistake can come after it, and does not end it.
            self._now = not frame.key_frame or at_s < self._latest_s
        return self._now

    def _last(self, at_s: float) -> None:
        begin_s, end_s = self._spans[-1]
        self._spans[-1] = (min(begin_s, at_s), max(end_s, at_s))

    def warnings(self) -> list[str]:
        """Return from when to when pictures were left out, in plain words."""
        spans = [(clock(begin_s), clock(end_s)) for begin_s, end_s in self._spans]
        told = [f"at {begin}" if begin == end else f"from {begin} to {end}" for begin, end in spans[:_MOST_TOLD]]
        if len(spans) > _MOST_TOLD:
            told.append(f"{len(spans) - _MOST_TOLD} times more")
        *first, last = told or [""]
        places = f"{', '.join(first)} and {last}" if first else last
        return [f"The picture was damaged {places} and not measured."] if told else []


class _Pictures:
    """Thins out pictures and makes them small."""

    def __init__(self) -> None:
        self._seq = 0
        self._next = 0

    def take(self, frame: av.VideoFrame, at_s: float | None) -> VideoFrame | None:
        # Without a time of its own a picture follows the one before at our own pace.
        at_s = self._next / PICTURES_A_SECOND if at_s is None else at_s
        if at_s + _AHEAD_S < self._next / PICTURES_A_SECOND:
            return None
        self._next = max(self._next + 1, math.floor((at_s + _AHEAD_S) * PICTURES_A_SECOND) + 1)
        if min(frame.width, frame.height) < 1:
            return None
        scale = min(1.0, ANALYSED_SIDE / max(frame.width, frame.height))
        small = frame.reformat(
            max(1, round(frame.width * scale)), max(1, round(frame.height * scale)), "rgba", interpolation="AREA"
        )
        # Telephones film with the sensor lying on its side, and say by how much it was turned.
        pixels = np.rot90(small.to_ndarray(), round(frame.rotation / 90) % 4)
        self._seq += 1
        height, width = pixels.shape[:2]
        return VideoFrame(self._seq, at_s, RGBA, width, height, memoryview(pixels.tobytes()))
