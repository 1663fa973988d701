"""The local coach's eyes: face, head pose, gaze, smile."""
