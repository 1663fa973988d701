"""Camera pictures with heads of chosen sizes in chosen places."""

from __future__ import annotations

from PIL import Image

import demo_media

_HEAD = (120, 20, 330, 260)


def heads_at(*heads: tuple[int, int, int]) -> Image.Image:
    """Return a picture of 640 x 480, grey, with a head at each (left, top) that is so many pixels wide."""
    frame = Image.new("RGB", (640, 480), (96, 104, 112))
    head = demo_media.portrait().crop(_HEAD)
    for left, top, width in heads:
        frame.paste(head.resize((width, round(width * head.height / head.width))), (left, top))
    return frame
