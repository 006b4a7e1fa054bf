"""Sub-process 2, contact marketing: follow-up records, contacts, plan items, the daily list."""
