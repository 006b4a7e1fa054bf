"""Complaints and their deadlines: the third sub-process, not built yet."""
