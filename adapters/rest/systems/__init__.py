"""Invented systems that show what a row can say; each is a configuration to start from, and a pretend partner."""
