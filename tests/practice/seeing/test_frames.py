from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from coach_desktop.practice.seeing.frames import (
    ANALYSED_SIDE,
    MAX_SIDE,
    FrameError,
    FrameFormat,
    is_full_range,
    payload_size,
    to_rgb,
)

sides = st.one_of(st.integers(1, 40), st.sampled_from([480, 639, 640, 641, 720, 1080, 1281, 1920]))
formats = st.sampled_from(list(FrameFormat))


def yuv_of(red: int, green: int, blue: int) -> tuple[int, int, int]:
    """BT.601, limited range, as the recommendation writes it (not the inverse of the code's own tables)."""
    y = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
    cb = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
    cr = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
    return round(y), round(cb), round(cr)


def plain_frame(fmt: FrameFormat, width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    if fmt == FrameFormat.RGBA:
        return bytes([*colour, 7]) * (width * height)
    y, cb, cr = yuv_of(*colour)
    quarter = ((width + 1) // 2) * ((height + 1) // 2)
    luma = bytes([y]) * (width * height)
    if fmt == FrameFormat.I420:
        return luma + bytes([cb]) * quarter + bytes([cr]) * quarter
    return luma + bytes([cb, cr]) * quarter


@given(formats, sides, sides)
def test_every_frame_of_the_right_length_becomes_a_small_picture(fmt: FrameFormat, width: int, height: int) -> None:
    picture = to_rgb(fmt, width, height, bytes(payload_size(fmt, width, height)))
    factor = next(k for k in range(1, 8) if max(width, height) <= k * ANALYSED_SIDE)
    assert picture.shape == (-(-height // factor), -(-width // factor), 3)
    assert picture.dtype == np.uint8
    assert max(picture.shape) <= ANALYSED_SIDE


@given(formats, sides, sides, st.tuples(*[st.integers(0, 255)] * 3))
def test_colours_are_kept(fmt: FrameFormat, width: int, height: int, colour: tuple[int, int, int]) -> None:
    picture = to_rgb(fmt, width, height, plain_frame(fmt, width, height, colour))
    assert np.abs(picture.astype(int) - colour).max() <= (0 if fmt == FrameFormat.RGBA else 4)


def of_jpeg(fmt: FrameFormat, picture: Image.Image) -> bytes:
    """A picture as a camera's JPEG comes out of the browser: full range, the chroma of every second pixel."""
    luma, cb, cr = picture.convert("YCbCr").split()
    half = [np.asarray(plane.reduce(2)) for plane in (cb, cr)]
    chroma = np.stack(half, axis=0 if fmt == FrameFormat.I420 else -1)
    return luma.tobytes() + chroma.tobytes()


@pytest.mark.parametrize("fmt", [FrameFormat.I420, FrameFormat.NV12])
def test_a_cameras_jpeg_keeps_its_contrast(fmt: FrameFormat) -> None:
    shades = np.linspace(0, 255, 64 * 64).reshape(64, 64)
    colours = np.dstack([shades, shades[::-1], shades.T]).astype(np.uint8)
    colours[:8] = 0
    picture = Image.fromarray(colours)
    payload = of_jpeg(fmt, picture)
    assert is_full_range(fmt, 64, 64, payload)
    off = np.abs(to_rgb(fmt, 64, 64, payload, full_range=True).astype(int) - np.asarray(picture))
    assert off.max() <= 6
    assert np.abs(to_rgb(fmt, 64, 64, payload).astype(int) - np.asarray(picture)).max() > 15


@given(formats, sides, sides, st.tuples(*[st.integers(0, 255)] * 3))
def test_no_colour_of_limited_range_is_taken_for_a_jpeg(
    fmt: FrameFormat, width: int, height: int, colour: tuple[int, int, int]
) -> None:
    assert not is_full_range(fmt, width, height, plain_frame(fmt, width, height, colour))


def test_some_overshooting_edges_make_no_jpeg() -> None:
    luma = np.full((480, 640), 16, np.uint8)
    luma[:, 1] = 2
    assert not is_full_range(FrameFormat.I420, 640, 480, luma.tobytes() + bytes(640 * 480 // 2))
    luma[:, :20] = 2
    assert is_full_range(FrameFormat.I420, 640, 480, luma.tobytes() + bytes(640 * 480 // 2))


@given(formats, st.integers(1, 64), st.integers(1, 64), st.integers(-70, 70).filter(bool))
def test_a_payload_of_another_length_is_refused(fmt: FrameFormat, width: int, height: int, off: int) -> None:
    size = max(0, payload_size(fmt, width, height) + off)
    with pytest.raises(FrameError, match=r"has \d+ bytes; \d+ arrived"):
        to_rgb(fmt, width, height, bytes(size))


@given(
    st.integers(-5, 70_000),
    st.integers(-5, 70_000),
    st.integers(-1, 300),
    st.binary(max_size=64),
)
def test_whatever_a_header_claims_only_a_frame_error_comes_of_it(
    width: int, height: int, fmt: int, payload: bytes
) -> None:
    with contextlib.suppress(FrameError):
        picture = to_rgb(fmt, width, height, payload)
        assert len(payload) == payload_size(fmt, width, height)
        assert picture.shape == (height, width, 3)


@pytest.mark.parametrize(("width", "height"), [(0, 480), (640, 0), (MAX_SIDE + 1, 1), (1, MAX_SIDE + 1), (-1, 5)])
def test_absurd_sizes_are_refused(width: int, height: int) -> None:
    with pytest.raises(FrameError, match=f"{width} x {height}"):
        to_rgb(FrameFormat.I420, width, height, b"")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(FrameError, match="format 4"):
        to_rgb(4, 2, 2, bytes(16))


@pytest.mark.parametrize("size", [(64, 48), (65, 47), (1280, 720), (1920, 1080), (1921, 1081)])
def test_i420_and_nv12_agree_and_keep_directions(size: tuple[int, int]) -> None:
    width, height = size
    columns, rows = (width + 1) // 2, (height + 1) // 2
    luma = np.full((height, width), 120, dtype=np.uint8)
    luma[: height // 2] = 60
    cb = np.tile(np.linspace(60, 200, columns).astype(np.uint8), (rows, 1))
    cr = np.tile(np.linspace(60, 200, rows).astype(np.uint8)[:, np.newaxis], (1, columns))
    planar = luma.tobytes() + cb.tobytes() + cr.tobytes()
    paired = luma.tobytes() + np.stack([cb, cr], axis=-1).tobytes()
    picture = to_rgb(FrameFormat.I420, width, height, planar)
    assert np.array_equal(picture, to_rgb(FrameFormat.NV12, width, height, memoryview(paired)))
    wide = picture.astype(int)
    assert wide[:, -1, 2].mean() > wide[:, 0, 2].mean() + 100, "blue grows to the right, with Cb"
    assert wide[-1, :, 0].mean() > wide[0, :, 0].mean() + 100, "red grows downwards, with Cr"
    assert wide[-1, :, 1].mean() != pytest.approx(wide[0, :, 1].mean(), abs=5)


def test_the_edge_between_two_colours_stays_where_it_was() -> None:
    width, height = 640, 480
    left, right = plain_frame(FrameFormat.I420, 320, 480, (200, 40, 40)), (40, 40, 200)
    y, cb, cr = yuv_of(*right)
    luma = np.frombuffer(left[: 320 * 480], dtype=np.uint8).reshape(480, 320)
    whole = np.concatenate([luma, np.full_like(luma, y)], axis=1).tobytes()
    quarter = 160 * 240
    for start, value in ((320 * 480, cb), (320 * 480 + quarter, cr)):
        plane = np.frombuffer(left[start : start + quarter], dtype=np.uint8).reshape(240, 160)
        whole += np.concatenate([plane, np.full_like(plane, value)], axis=1).tobytes()
    picture = to_rgb(FrameFormat.I420, width, height, whole).astype(int)
    assert np.abs(picture[:, :320] - (200, 40, 40)).max() <= 4
    assert np.abs(picture[:, 320:] - (40, 40, 200)).max() <= 4


def test_reducing_averages() -> None:
    pixels = np.zeros((720, 1280, 4), dtype=np.uint8)
    pixels[::2] = 200
    picture = to_rgb(FrameFormat.RGBA, 1280, 720, pixels.tobytes())
    assert picture.shape == (360, 640, 3)
    assert np.abs(picture.astype(int) - 100).max() <= 1
