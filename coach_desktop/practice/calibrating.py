"""Looking at the camera for three seconds: from the wish to the result, and what is kept of it for each camera.

A wish comes from the event loop's thread; all else happens in the thread of the eyes, a frame at a time. What needs
numpy is imported there, too, where nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from coach_desktop.practice.device_file import DeviceFile

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.practice.seeing.calibration import Calibration
    from coach_desktop.practice.seeing.face import FacePipeline
    from coach_desktop.practice.seeing.readings import FaceReading
    from coach_desktop.practice.seeing.sight import Sight

log = logging.getLogger(__name__)

FILE = "calibrations.json"
TOO_SHORT = "There were not enough pictures."

_Angle = Annotated[float, Field(ge=-45, le=45, allow_inf_nan=False)]
_Level = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    gaze_x_deg: _Angle
    gaze_y_deg: _Angle
    smile: _Level
    brow_raise: _Level


_KEPT: TypeAdapter[dict[str, _Kept]] = TypeAdapter(dict[str, _Kept])


class CalibrationFile:
    """The calibrations of this computer's cameras: what cannot be read is made anew in three seconds."""

    def __init__(self, path: Path) -> None:
        """Keep them at `path`; nothing is read or written yet."""
        self._kept = DeviceFile(path, _KEPT, "the calibration")

    def find(self, camera: str) -> Calibration | None:
        """Return the calibration of a camera, or None."""
        from coach_desktop.practice.seeing.calibration import Calibration

        kept = self._kept.find(camera)
        return None if kept is None else Calibration(kept.gaze_x_deg, kept.gaze_y_deg, kept.smile, kept.brow_raise)

    def keep(self, camera: str, calibration: Calibration) -> None:
        """Remember a camera's calibration."""
        new = _Kept(
            gaze_x_deg=calibration.gaze_x_deg,
            gaze_y_deg=calibration.gaze_y_deg,
            smile=calibration.smile,
            brow_raise=calibration.brow_raise,
        )
        self._kept.change(camera, lambda _: new)


class CalibrationNews(BaseModel):
    """How far a calibration is: `share` of the time that it takes; `text` says why where it failed."""

    model_config = ConfigDict(frozen=True)

    state: Literal["looking", "done", "failed"]
    share: float = 0.0
    text: str = ""


class Calibrating:
    """Makes calibrations for one pair of eyes, and takes what is known of a camera when it comes."""

    def __init__(self, kept: CalibrationFile | None) -> None:
        """With `kept` None nothing is remembered, and nothing from before is taken."""
        self._kept = kept
        self._lock = threading.Lock()
        self._wanted = False
        self._camera: str | None = None
        self._known_camera: str | None = None
        self._before: Calibration | None = None
        self._began_s: float | None = None
        self._seen: list[FaceReading | None] = []
        self._news: CalibrationNews | None = None

    def camera_is(self, camera: str) -> None:
        """Say which camera it is, by a name that stays the same; empty where that is not known."""
        with self._lock:
            self._camera = camera or None

    def begin(self) -> None:
        """Begin with the next frame, anew where one is under way."""
        with self._lock:
            self._wanted = True
            self._news = CalibrationNews(state="looking")

    def give_up(self, why: str) -> None:
        """Let go of what is wanted or under way, as nothing comes any more."""
        with self._lock:
            if self.is_under_way:
                self._wanted = False
                self._news = CalibrationNews(state="failed", text=why)

    @property
    def is_under_way(self) -> bool:
        """Whether one was asked for that has come to no end yet."""
        return self._news is not None and self._news.state == "looking"

    @property
    def news(self) -> CalibrationNews | None:
        """The newest of the last calibration, None where none was asked for."""
        return self._news

    def take(self, at_s: float, reading: FaceReading | None, pipeline: FacePipeline, sight: Sight) -> float | None:
        """Take what the `pipeline` has read of the frame at `at_s`; set its calibration and the `sight`'s.

        Return since when somebody has looked into the camera, with the frame that completes a calibration.
        """
        with self._lock:
            camera, wanted, self._wanted = self._camera, self._wanted, False
        if camera != self._known_camera:
            self._known_camera = camera
            self._use(self._kept.find(camera) if self._kept and camera else None, pipeline, sight)
        if wanted:
            # This reading may have been relative to an older calibration: the next one will not.
            self._before = self._before if self._began_s is not None else pipeline.calibration
            pipeline.calibration = None
            self._began_s, self._seen = at_s, []
        elif self._began_s is not None:
            return self._collect(at_s, self._began_s, reading, pipeline, sight)
        return None

    def _collect(
        self, at_s: float, began_s: float, reading: FaceReading | None, pipeline: FacePipeline, sight: Sight
    ) -> float | None:
        from coach_desktop.practice.seeing.calibration import LASTS_S, CalibrationError, calibrate

        if not self.is_under_way:
            self._end(self._before, pipeline, sight)
            return None
        self._seen.append(reading)
        if at_s - began_s < LASTS_S:
            self._tell(CalibrationNews(state="looking", share=round((at_s - began_s) / LASTS_S, 2)))
            return None
        try:
            found = calibrate(self._seen)
        except CalibrationError as error:
            self._end(self._before, pipeline, sight)
            self._tell(CalibrationNews(state="failed", text=str(error)))
            return None
        self._end(found, pipeline, sight)
        self._tell(CalibrationNews(state="done", share=1.0))
        if self._kept and self._known_camera:
            self._kept.keep(self._known_camera, found)
        return began_s

    def _end(self, calibration: Calibration | None, pipeline: FacePipeline, sight: Sight) -> None:
        self._began_s, self._before, self._seen = None, None, []
        self._use(calibration, pipeline, sight)

    def _tell(self, news: CalibrationNews) -> None:
        with self._lock:
            # Who has asked anew meanwhile hears of that one.
            if not self._wanted and self.is_under_way:
                self._news = news

    def _use(self, calibration: Calibration | None, pipeline: FacePipeline, sight: Sight) -> None:
        pipeline.calibration = calibration
        if calibration is not None:
            sight.calibrated(calibration)
