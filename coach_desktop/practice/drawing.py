"""What the eyes made out, drawn over the picture: landmarks, gaze and a label that can be read on any ground."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from coach_desktop.coaching import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.practice.seeing.frames import Rgb
    from coach_desktop.practice.seeing.readings import BodyReading, FaceReading
    from coach_desktop.practice.senses import Look

    Point = tuple[float, float]
    Colour = tuple[int, int, int]

# Numbers of the landmarks along each line, as the canonical face, pose and hand models of MediaPipe name them.
_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
    150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
_IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))
_BROWS = ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336))
_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
_NOSE = (168, 6, 197, 195, 5, 4)
_LIMBS = ((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24))
_FINGERS = (
    (0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (0, 17, 18, 19, 20), (5, 9, 13, 17),
)  # fmt: skip

_BLACK = (0, 0, 0)
_WHITE = (255, 255, 255)
_FACE = (120, 220, 232)
_EYE = (255, 255, 255)
_IRIS = (255, 214, 64)
_BODY = (201, 160, 255)
_HAND = (255, 158, 100)
_YES = (120, 230, 130)
_NO = (255, 150, 110)
_UNKNOWN = (210, 210, 210)

_LIKELY = 0.5
_DRAWN_SIDE = 960
_LARGEST_FACTOR = 4
# An arrow of one distance between the eyes stands for so many degrees off the camera.
_DEG_A_DISTANCE = 16.0
_LONGEST_ARROW = 2.2
_SHORTEST_ARROW = 0.2


def drawn(picture: Rgb, look: Look) -> Image.Image:
    """Return a picture (height x width x 3, uint8) with what was made out in it, enlarged where it is small."""
    height, width = picture.shape[:2]
    factor = max(1, min(_LARGEST_FACTOR, round(_DRAWN_SIDE / max(width, height))))
    canvas = Image.fromarray(picture).resize((width * factor, height * factor), Image.Resampling.BICUBIC)
    pen = _Pen(canvas, factor)
    if look.body is not None:
        _draw_body(pen, look.body)
    if look.reading is not None:
        _draw_face(pen, look.reading)
        _draw_gaze(pen, look.reading)
    _draw_label(canvas, _lines(look))
    return canvas


class _Pen:
    """Draws lines of the picture's own pixels, each with a dark rim: light ones are seen on light ground, too."""

    def __init__(self, canvas: Image.Image, factor: int) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._factor = factor
        self.thin = max(1, round(max(canvas.size) / 480))
        self._rim = max(1, self.thin // 2)

    def line(self, points: Sequence[Point], colour: Colour, *, closed: bool = False, thick: int = 1) -> None:
        placed = [self._placed(point) for point in points]
        placed += placed[:1] if closed else []
        width = self.thin * thick
        self._draw.line(placed, _BLACK, width + 2 * self._rim, joint="curve")
        self._draw.line(placed, colour, width, joint="curve")

    def dot(self, point: Point, radius: float, colour: Colour, *, filled: bool = True) -> None:
        x, y = self._placed(point)
        r = max(radius * self._factor, 1.5 * self.thin)
        outer = r + self._rim
        if filled:
            self._draw.ellipse((x - outer, y - outer, x + outer, y + outer), _BLACK)
            self._draw.ellipse((x - r, y - r, x + r, y + r), colour)
        else:
            self._draw.ellipse((x - outer, y - outer, x + outer, y + outer), None, _BLACK, self.thin + 2 * self._rim)
            self._draw.ellipse((x - r, y - r, x + r, y + r), None, colour, self.thin)

    def head(self, tip: Point, along: Point, size: float, colour: Colour) -> None:
        """Draw the head of an arrow; `along` is its direction, of length 1."""
        x, y = self._placed(tip)
        size *= self._factor
        ux, uy = along
        for grown, paint in ((1.5 * self._rim, _BLACK), (0.0, colour)):
            back, half = size + grown, size * 0.55 + grown
            corners = [
                (x + ux * grown, y + uy * grown),
                (x - ux * back - uy * half, y - uy * back + ux * half),
                (x - ux * back + uy * half, y - uy * back - ux * half),
            ]
            self._draw.polygon(corners, paint)

    def _placed(self, point: Point) -> Point:
        return ((point[0] + 0.5) * self._factor, (point[1] + 0.5) * self._factor)


def _draw_face(pen: _Pen, face: FaceReading) -> None:
    points: list[Point] = [(float(x), float(y)) for x, y in face.points[:, :2]]

    def along(numbers: Sequence[int]) -> list[Point]:
        return [points[number] for number in numbers]

    pen.line(along(_OVAL), _FACE, closed=True)
    pen.line(along(_NOSE), _FACE)
    for brow in _BROWS:
        pen.line(along(brow), _FACE)
    for lips in (_LIPS, _INNER_LIPS):
        pen.line(along(lips), _FACE, closed=True)
    for eye in _EYES:
        pen.line(along(eye), _EYE, closed=True)
    if not face.eyes_closed:
        for centre, *ring in _IRISES:
            radius = sum(math.dist(points[centre], points[number]) for number in ring) / len(ring)
            pen.dot(points[centre], radius, _IRIS, filled=False)


def _draw_gaze(pen: _Pen, face: FaceReading) -> None:
    """Draw an arrow from between the eyes along the gaze, or a ring where it points at whoever looks."""
    if face.eyes_closed:
        return
    colour = _YES if face.eye_contact else _NO
    left, right = (_middle(face, eye) for eye in _EYES)
    start = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    # Of a face that is turned aside the distance between the eyes is foreshortened; its height is not.
    size = max(math.dist(left, right), 0.28 * math.dist(*_ends(face)))
    reach = math.hypot(face.gaze_x_deg, face.gaze_y_deg)
    length = min(_LONGEST_ARROW, reach / _DEG_A_DISTANCE)
    pen.dot(start, size * 0.05, colour)
    if length < _SHORTEST_ARROW:
        pen.dot(start, size * 0.14, colour, filled=False)
        return
    along = (face.gaze_x_deg / reach, face.gaze_y_deg / reach)
    tip = (start[0] + along[0] * length * size, start[1] + along[1] * length * size)
    head = min(0.2, 0.45 * length) * size
    neck = (tip[0] - along[0] * head * 0.6, tip[1] - along[1] * head * 0.6)
    pen.line((start, neck), colour, thick=2)
    pen.head(tip, along, head, colour)


def _middle(face: FaceReading, eye: Sequence[int]) -> Point:
    x, y = face.points[list(eye), :2].mean(axis=0)
    return float(x), float(y)


def _ends(face: FaceReading) -> tuple[Point, Point]:
    forehead, chin = face.points[[10, 152], :2]
    return (float(forehead[0]), float(forehead[1])), (float(chin[0]), float(chin[1]))


def _draw_body(pen: _Pen, body: BodyReading) -> None:
    seen = body.visibility >= _LIKELY
    points: list[Point] = [(float(x), float(y)) for x, y in body.points[:, :2]]
    limbs = [(one, other) for one, other in _LIMBS if seen[one] and seen[other]]
    for one, other in limbs:
        pen.line((points[one], points[other]), _BODY, thick=2)
    # A joint without its limb would be a dot that nobody can tell from dirt.
    for number in {number for limb in limbs for number in limb}:
        pen.dot(points[number], 2.0, _BODY)
    for hand in body.hands:
        joints: list[Point] = [(float(x), float(y)) for x, y in hand[:, :2]]
        for finger in _FINGERS:
            pen.line([joints[number] for number in finger], _HAND)


def _lines(look: Look) -> list[tuple[str, Colour]]:
    clock = (labels.clock(look.at_s) + f".{int(look.at_s * 10) % 10}", _WHITE)
    face = look.reading
    if face is None:
        return [clock, ("no face", _UNKNOWN), *_body_lines(look.body)]
    turned = (_degrees(face.yaw_deg, "left", "right"), _degrees(face.pitch_deg, "up", "down"))
    return [
        clock,
        _now(face),
        _counted(look.state.eye_contact),
        (f"smile {face.smile:.2f}", _WHITE),
        (f"head {', '.join(words for words in turned if words) or 'straight'}", _WHITE),
        *_body_lines(look.body),
    ]


def _now(face: FaceReading) -> tuple[str, Colour]:
    """Return what this picture alone shows, in the colour of its arrow."""
    if face.eyes_closed:
        return "now: eyes closed", _UNKNOWN
    if face.eye_contact:
        return f"now: at the camera, {face.eye_contact_score:.2f}", _YES
    return f"now: away, {face.eye_contact_score:.2f}", _NO


def _counted(contact: bool | None) -> tuple[str, Colour]:
    """Return what counts for looks away: the vote over a moment, in which blinks and single pictures are lost."""
    if contact is None:
        return "eye contact not known", _UNKNOWN
    return ("counted as eye contact", _YES) if contact else ("not counted as eye contact", _NO)


def _degrees(angle: float, less: str, more: str) -> str:
    """Return an angle in words, none for 0; left and right are the picture's."""
    whole = round(angle)
    return "" if whole == 0 else f"{abs(whole)}° {less if whole < 0 else more}"


def _body_lines(body: BodyReading | None) -> list[tuple[str, Colour]]:
    if body is None:
        return []
    said = []
    if body.hands_visible is not None:
        at_face = ", at the face" if body.hand_at_face else ""
        said.append(f"hands {'seen' if body.hands_visible else 'not seen'}{at_face}")
    if body.shoulder_tilt_deg is not None:
        tilt = _degrees(body.shoulder_tilt_deg, "left", "right")
        said.append(f"shoulders tilted {tilt}" if tilt else "shoulders level")
    return [(words, _WHITE) for words in said]


@lru_cache(maxsize=8)
def _font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(pixels)


def _draw_label(canvas: Image.Image, lines: Sequence[tuple[str, Colour]]) -> None:
    size = max(11, round(min(max(canvas.size) / 56, canvas.height / 16)))
    font, step, margin = _font(size), round(size * 1.35), round(size * 0.6)
    width = math.ceil(max(font.getlength(text) for text, _ in lines)) + 2 * margin
    box = (0, 0, min(canvas.width, width), min(canvas.height, step * len(lines) + margin))
    ground = canvas.crop(box)
    canvas.paste(Image.blend(ground, Image.new("RGB", ground.size, _BLACK), 0.72), box[:2])
    draw = ImageDraw.Draw(canvas)
    for number, (text, colour) in enumerate(lines):
        draw.text((margin, margin // 2 + number * step), text, colour, font)
