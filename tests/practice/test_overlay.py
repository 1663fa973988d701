"""The film of what the eyes made out: what is drawn, in every kind of film, and never half a film."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.practice import overlay
from coach_desktop.practice.drawing import drawn
from coach_desktop.practice.overlay import Overlay
from coach_desktop.practice.recordings import Task
from coach_desktop.practice.room_protocol import RGBA, VideoFrame
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.seeing.readings import BodyReading, FaceReading
from coach_desktop.practice.seeing.sight import SightState
from coach_desktop.practice.senses import Look
from coach_desktop.store import model_files
from tests.practice.client import astronaut
from tests.practice.recorded import film, grey

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

pytestmark = pytest.mark.usefixtures("quick_ears")

GREEN, ORANGE, VIOLET = (120, 230, 130), (255, 150, 110), (201, 160, 255)


@pytest.fixture(scope="module")
def face() -> Rgb:
    return np.asarray(Image.fromarray(astronaut()).resize((320, 320)))


@pytest.fixture(scope="module")
def reading(face: Rgb, tmp_path_factory: pytest.TempPathFactory) -> FaceReading:
    model = model_files.find(model_files.FACE_LANDMARKER, tmp_path_factory.mktemp("models")).path
    found = FacePipeline(model).read(face)
    assert found is not None
    return found


def look(reading: FaceReading | None, contact: bool | None = True, body: BodyReading | None = None) -> Look:
    return Look(1.25, 0, reading, SightState(reading is not None, contact if reading else None, 0.0, 0.0), body)


def painted(picture: Rgb, shown: Look) -> Rgb:
    return np.asarray(drawn(picture, shown))


LABEL = np.s_[:125, :260]


def without_label(picture: Rgb) -> Rgb:
    rest = picture.copy()
    rest[LABEL] = 0
    return rest


def count(picture: Rgb, colour: tuple[int, int, int]) -> int:
    return int((picture == colour).all(axis=2).sum())


def pictures_in(path: Path) -> list[Rgb]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def written(path: Path, pictures: list[Rgb], shown: Look) -> Path:
    with Overlay(path, apart_from=path.with_name("talk.mp4")) as made:
        for number, picture in enumerate(pictures):
            height, width = picture.shape[:2]
            rgba = np.dstack([picture, np.full((height, width), 255, np.uint8)])
            at_s = number / 10
            made.add(
                VideoFrame(number, at_s, RGBA, width, height, memoryview(rgba.tobytes())), replace(shown, at_s=at_s)
            )
        made.finish()
    return path


def test_landmarks_lie_on_the_face_and_the_label_in_its_corner(face: Rgb, reading: FaceReading) -> None:
    plain = np.asarray(Image.fromarray(face).resize((960, 960), Image.Resampling.BICUBIC))
    changed = (painted(face, look(reading)) != plain).any(axis=2)
    assert changed[:60, :100].all()
    changed[LABEL] = False
    rows, columns = np.nonzero(changed)
    left, right = reading.box_x * 960, (reading.box_x + reading.box_w) * 960
    top, bottom = reading.box_y * 960, (reading.box_y + reading.box_h) * 960
    assert columns.min() == pytest.approx(left, abs=12)
    assert columns.max() == pytest.approx(right, abs=12)
    assert rows.min() == pytest.approx(top, abs=12)
    assert rows.max() == pytest.approx(bottom, abs=12)


def test_the_arrow_points_along_the_gaze_and_a_ring_into_the_camera(reading: FaceReading) -> None:
    dark = np.zeros((320, 320, 3), np.uint8)

    def arrow(x_deg: float, y_deg: float, *, contact: bool) -> tuple[float, float]:
        turned = replace(reading, gaze_x_deg=x_deg, gaze_y_deg=y_deg, eye_contact=contact, eyes_closed=False)
        picture = without_label(painted(dark, look(turned, contact=None)))
        rows, columns = np.nonzero((picture == (GREEN if contact else ORANGE)).all(axis=2))
        return float(columns.mean()), float(rows.mean())

    x, y = arrow(0.0, 0.0, contact=True)
    eyes = reading.points[[468, 473], :2].mean(axis=0) * 3
    assert (x, y) == pytest.approx(tuple(eyes), abs=20)
    for angles, (dx, dy) in {(30.0, 0.0): (1, 0), (-30.0, 0.0): (-1, 0), (0.0, 30.0): (0, 1)}.items():
        there_x, there_y = arrow(*angles, contact=False)
        assert (round((there_x - x) / 60), round((there_y - y) / 60)) == (dx, dy) or (
            np.sign(round((there_x - x) / 20)) == dx and np.sign(round((there_y - y) / 20)) == dy
        )


def test_closed_eyes_have_no_arrow(reading: FaceReading) -> None:
    dark = np.zeros((320, 320, 3), np.uint8)
    closed = replace(reading, eyes_closed=True, eye_contact=False, eye_contact_score=0.0)
    assert count(painted(dark, look(closed, contact=None)), ORANGE) == 0
    opened = painted(dark, look(replace(closed, eyes_closed=False), contact=None))
    assert count(without_label(opened), ORANGE) > 50


@pytest.mark.parametrize("now", [True, False])
def test_the_label_tells_this_picture_from_what_is_counted(reading: FaceReading, now: bool) -> None:
    shown = replace(reading, eye_contact=now, eyes_closed=False)
    label = painted(np.zeros((320, 320, 3), np.uint8), look(shown, contact=not now))[LABEL]
    upper, lower = (GREEN, ORANGE) if now else (ORANGE, GREEN)
    rows = [np.nonzero((label == colour).all(axis=2))[0] for colour in (upper, lower)]
    assert all(len(found) > 20 for found in rows)
    assert rows[0].max() < rows[1].min()


def test_shoulders_and_hands_are_drawn_where_they_can_be_seen(reading: FaceReading) -> None:
    dark = np.zeros((320, 320, 3), np.uint8)
    points, seen = np.zeros((33, 3)), np.zeros(33)
    points[11, :2], points[12, :2] = (250, 200), (70, 200)
    hand = np.column_stack([np.linspace(100, 160, 21), np.linspace(280, 300, 21), np.zeros(21)])
    body = BodyReading(points, seen, (hand,), 2.0, hands_visible=True, hand_at_face=False, arms_crossed=None)
    assert count(painted(dark, look(reading, body=body)), VIOLET) == 0
    seen[[11, 12]] = 0.9
    picture = painted(dark, look(reading, body=body))
    assert count(picture[590:620, 220:750], VIOLET) > 500
    assert count(picture[820:920], (255, 158, 100)) > 50


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (4000, 3), (37, 41), (640, 640)])
def test_any_picture_can_be_drawn_on(shape: tuple[int, int], reading: FaceReading) -> None:
    picture = np.full((*shape, 3), 200, np.uint8)
    for shown in (look(None), look(reading)):
        assert painted(picture, shown).shape[2] == 3


@pytest.mark.parametrize("suffix", [".mp4", ".MOV", ".mkv", ".webm"])
def test_every_kind_of_film_holds_every_picture(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"a{suffix}", [grey(63, 47, 40 * step) for step in range(5)], look(None))
    found = pictures_in(path)
    assert len(found) == 5
    assert [round(float(np.median(picture)) / 40) for picture in found] == [0, 1, 2, 3, 4]
    assert list(tmp_path.iterdir()) == [path]


def test_without_the_best_encoder_the_next_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = replace(overlay._KINDS[".mp4"], encoders=(("no-such", {}), ("mpeg4", {})))  # noqa: SLF001
    monkeypatch.setitem(overlay._KINDS, ".mp4", kind)  # noqa: SLF001
    assert len(pictures_in(written(tmp_path / "a.mp4", [grey()] * 3, look(None)))) == 3
    monkeypatch.setitem(overlay._KINDS, ".mp4", replace(kind, encoders=kind.encoders[:1]))  # noqa: SLF001
    with pytest.raises(CoachError, match="cannot write mp4"):
        Overlay(tmp_path / "b.mp4", apart_from=tmp_path / "talk.mp4")


def test_pictures_that_change_their_size_fit_into_the_film(tmp_path: Path) -> None:
    found = pictures_in(
        written(tmp_path / "a.mkv", [grey(64, 48, 200), grey(48, 64, 200), grey(64, 48, 200)], look(None))
    )
    assert {picture.shape for picture in found} == {found[0].shape}
    assert found[1][-5:, :20].mean() < 30


def test_what_is_no_film_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    for name in ("a.avi", "a", "a.mp4/b.mp4"):
        (tmp_path / "a.mp4").touch()
        with pytest.raises(CoachError):
            Overlay(tmp_path / name, apart_from=tmp_path / "talk.mp4")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


def test_no_picture_is_no_film(tmp_path: Path) -> None:
    with pytest.raises(CoachError, match="no picture was looked at"):
        written(tmp_path / "a.mp4", [], look(None))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.expects_warnings("the overlay breaks off")
def test_a_disk_that_is_full_costs_the_film_and_not_the_report(
    tmp_path: Path, face: Rgb, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Overlay, "_write", full)
    talk = film(tmp_path / "talk.mp4", [face] * 5, fps=10)
    with Overlay(tmp_path / "a.mp4", apart_from=talk) as made:
        report = Task(made.add).run(talk, tmp_path, lambda _: None)
        assert report.measures["face_present"].value == 1.0
        with pytest.raises(CoachError, match="No space left"):
            made.finish()
    assert list(tmp_path.glob("*a.mp4*")) == []


def test_cancelled_it_leaves_no_film(tmp_path: Path, face: Rgb) -> None:
    talk = film(tmp_path / "talk.mp4", [face] * 60, fps=10)
    with Overlay(tmp_path / "a.mp4", apart_from=talk) as made:

        def add_and_cancel(frame: VideoFrame, shown: Look) -> None:
            made.add(frame, shown)
            task.cancel()

        task = Task(add_and_cancel)
        with pytest.raises(Cancelled):
            task.run(talk, tmp_path, lambda _: None)
    assert list(tmp_path.glob("*a.mp4*")) == []
