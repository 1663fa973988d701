"""The job: one conversation from start to report. No Qt."""
