"""Persons, client or prospect, and what the bank knows of them: the archive every sub-process stands on."""
