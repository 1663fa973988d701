"""What was said: the lines of a report's transcript with their fillers marked, and a way to find words in them."""
