"""Scores into the LMS: who is who, a plan, its upload, its check, and import files."""
