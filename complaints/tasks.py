"""Scheduled jobs of business handling: doors to its actions."""
