"""Pages of contact marketing: the day's list, an item's sheet, follow-up records, the work log."""
