"""What good delivery means: measures to cues, findings, report. Pure functions."""
