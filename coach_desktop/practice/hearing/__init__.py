"""The local coach's ears: voice activity, pauses, loudness."""
