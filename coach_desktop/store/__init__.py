"""What stays on disk: profiles, history, model files, atomic writes."""
