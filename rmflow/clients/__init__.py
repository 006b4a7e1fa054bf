"""Persons, their archive, verdicts and timeline."""
