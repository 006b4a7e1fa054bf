"""Care for premium clients: the fourth sub-process, not built yet."""
