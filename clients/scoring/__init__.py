"""Scorecards, tiers and evaluation: pure rules, the sources of indicators, the SQL made from both."""
