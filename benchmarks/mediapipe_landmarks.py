"""The landmarks of faces by MediaPipe, as JSON: what bench_seeing_accuracy.py compares with.

    PYTHON benchmarks/mediapipe_landmarks.py MODEL FILE...

PYTHON belongs to a throw-away environment: pip install --no-deps mediapipe==0.10.21, then what it needs ("numpy<2",
absl-py, flatbuffers, "protobuf<5", attrs, matplotlib, opencv-python-headless<4.11). MODEL is the face landmarker's
file. Each picture is shown as a video that stands still, so that the face is tracked as in a session.
"""

from __future__ import annotations

import json
import sys

FRAMES = 4


def main() -> None:
    """Print one line a file: the 478 points in pixels and the two smiles, or null where no face was found."""
    import mediapipe as mp  # type: ignore[import-not-found] # of the throw-away environment
    from mediapipe.tasks import python as tasks  # type: ignore[import-not-found]
    from mediapipe.tasks.python import vision  # type: ignore[import-not-found]

    model, *files = sys.argv[1:]
    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=model),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
    )
    for name in files:
        picture = mp.Image.create_from_file(name)
        with vision.FaceLandmarker.create_from_options(options) as landmarker:
            for second in range(FRAMES):
                found = landmarker.detect_for_video(picture, 1000 * second)
        if not found.face_landmarks:
            print("null")
            continue
        points = [[one.x * picture.width, one.y * picture.height] for one in found.face_landmarks[0]]
        shapes = {one.category_name: float(one.score) for one in found.face_blendshapes[0]}
        smiles = {side: shapes[side] for side in ("mouthSmileLeft", "mouthSmileRight")}
        print(json.dumps({"points": points} | smiles))


if __name__ == "__main__":
    main()
