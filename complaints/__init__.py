"""Sub-process 3, business handling: complaints, closures, openings."""
