"""Camera frames as they come over the wire, turned into small RGB pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from PIL import Image

Rgb = npt.NDArray[np.uint8]

MAX_SIDE = 4096
"""The longest side of a frame that is accepted, in pixels."""
ANALYSED_SIDE = 640
"""The longest side of a picture that is handed on, in pixels: the networks look at 256 x 256 of it."""


class FrameError(ValueError):
    """A frame that cannot be what its header says: a wrong size, format or length."""


class FrameFormat(IntEnum):
    """The pixel formats of the room's video messages; planes tightly packed, rows without padding."""

    I420 = 1
    NV12 = 2
    RGBA = 3


def payload_size(fmt: int, width: int, height: int) -> int:
    """Return the number of bytes of a frame of this format and size in pixels. Raises `FrameError`."""
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise FrameError(f"A frame of {width} x {height} pixels; 1 to {MAX_SIDE} a side are accepted.")
    if fmt == FrameFormat.RGBA:
        return 4 * width * height
    if fmt in {FrameFormat.I420, FrameFormat.NV12}:
        return width * height + 2 * _half(width) * _half(height)
    raise FrameError(f"Pixel format {fmt} is unknown; 1 (I420), 2 (NV12) and 3 (RGBA) are.")


def is_full_range(fmt: int, width: int, height: int, payload: bytes | bytearray | memoryview) -> bool:
    """Return whether a frame's luma goes where limited range has no place: it was a JPEG.

    Cameras that send MJPEG do, and the browser hands such frames on as they are and does not say so. False where the
    picture is too flat to tell.
    """
    if fmt == FrameFormat.RGBA:
        return False
    luma = np.frombuffer(payload, dtype=np.uint8, count=width * height)[::_LUMA_STEP]
    beyond = np.count_nonzero((luma < _LEAST_LUMA) | (luma > _MOST_LUMA))
    return bool(beyond > _BEYOND_SHARE * len(luma))


def to_rgb(
    fmt: int, width: int, height: int, payload: bytes | bytearray | memoryview, *, full_range: bool = False
) -> Rgb:
    """Turn one packed frame into RGB, height x width x 3, uint8.

    The longest side is brought to at most `ANALYSED_SIDE` by averaging k x k pixels, k the smallest whole
    number that does; sizes that k does not divide are rounded up. YUV is taken as BT.601, limited range
    unless it `is_full_range`. Raises `FrameError` where format, size and payload do not belong together.
    """
    expected = payload_size(fmt, width, height)
    data = np.frombuffer(payload, dtype=np.uint8)
    if len(data) != expected:
        name = FrameFormat(fmt).name
        raise FrameError(f"An {name} frame of {width} x {height} has {expected} bytes; {len(data)} arrived.")
    k = -(-max(width, height) // ANALYSED_SIDE)
    if fmt == FrameFormat.RGBA:
        return _from_rgba(data.reshape(height, width, 4), k)
    luma = data[: width * height].reshape(height, width)
    chroma = data[width * height :]
    rows, columns = _half(height), _half(width)
    if fmt == FrameFormat.I420:
        cb, cr = chroma.reshape(2, rows, columns)
    else:
        pairs = chroma.reshape(rows, columns, 2)
        cb, cr = pairs[..., 0], pairs[..., 1]
    return _from_yuv(luma, np.ascontiguousarray(cb), np.ascontiguousarray(cr), k, _FULL if full_range else _LIMITED)


def _half(side: int) -> int:
    return (side + 1) // 2


def _from_rgba(pixels: Rgb, k: int) -> Rgb:
    height, width, _ = pixels.shape
    # As RGBX, not RGBA: a camera frame's alpha says nothing, and Pillow would weigh colours by it.
    picture = Image.frombuffer("RGBX", (width, height), pixels, "raw", "RGBX", 0, 1)
    return np.asarray((picture.reduce(k) if k > 1 else picture).convert("RGB"))


def _table(gain: float, offset: float = 0.0) -> npt.NDArray[np.int16]:
    return np.round(gain * (np.arange(256) - 128.0) + offset).astype(np.int16)


@dataclass(frozen=True)
class _Colours:
    """How luma and chroma become red, green and blue. What black is off 0 comes with the chroma: those are fewer."""

    luma_gain: int
    cr_red: npt.NDArray[np.int16]
    cr_green: npt.NDArray[np.int16]
    cb_green: npt.NDArray[np.int16]
    cb_blue: npt.NDArray[np.int16]


# ITU-R BT.601, 8 bit, limited range: R = 1.164 (Y-16) + 1.596 (Cr-128), and so on.
_BLACK = -16 * 255 / 219
_LIMITED = _Colours(
    luma_gain=round(128 * 255 / 219),
    cr_red=_table(1.5960, _BLACK),
    cr_green=_table(-0.8130, _BLACK),
    cb_green=_table(-0.3918),
    cb_blue=_table(2.0172, _BLACK),
)
# JPEG File Interchange Format: R = Y + 1.402 (Cr-128), and so on.
_FULL = _Colours(128, _table(1.402), _table(-0.7141), _table(-0.3441), _table(1.772))
# Luma of limited range is 16 to 235; filters of a camera may overshoot that a little, at some edges.
_LEAST_LUMA, _MOST_LUMA, _BEYOND_SHARE = 8, 247, 0.005
# Not a divisor of usual widths: a dark border is met as often as it is there.
_LUMA_STEP = 61
# An even number of rows whose working arrays stay in the processor's cache: whole pictures took twice as
# long.
_BAND_ROWS = 96


def _from_yuv(luma: Rgb, cb: Rgb, cr: Rgb, k: int, colours: _Colours) -> Rgb:
    if k > 1:
        full = Image.fromarray(luma)
        luma = np.asarray(full.reduce(k))
        cb, cr = (_chroma_at(plane, k, full.size, luma.shape) for plane in (cb, cr))
    out = np.empty((*luma.shape, 3), dtype=np.uint8)
    step = 1 if k > 1 else 2
    for top in range(0, len(luma), _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        tints = slice(top // step, (top + _BAND_ROWS) // step)
        out[rows] = _band(luma[rows], cb[tints], cr[tints], step, colours)
    return out


def _band(luma: Rgb, cb: Rgb, cr: Rgb, step: int, colours: _Colours) -> Rgb:
    rows, columns = luma.shape
    bright = luma.astype(np.uint16)
    bright *= colours.luma_gain
    bright >>= 7
    base = bright.view(np.int16)
    planes = []
    for tint in (colours.cr_red[cr], colours.cr_green[cr] + colours.cb_green[cb], colours.cb_blue[cb]):
        full_tint = tint if step == 1 else tint.repeat(2, axis=1)[:, :columns].repeat(2, axis=0)[:rows]
        shade = base + full_tint
        planes.append(Image.fromarray(np.clip(shade, 0, 255, out=shade).astype(np.uint8)))
    # Pillow interleaves three planes four times faster than a strided assignment in numpy does.
    return np.asarray(Image.merge("RGB", planes))


def _chroma_at(plane: Rgb, k: int, full: tuple[int, int], shape: tuple[int, ...]) -> Rgb:
    """Bring a half-size chroma plane to the size of the luma plane that was reduced by `k`."""
    picture = Image.fromarray(plane)
    if k % 2 == 0:
        return np.asarray(picture.reduce(k // 2) if k > 2 else picture)
    size = (shape[1], shape[0])
    return np.asarray(picture.resize(size, Image.Resampling.NEAREST, box=(0, 0, full[0] / 2, full[1] / 2)))
