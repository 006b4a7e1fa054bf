"""Pages of business handling, a module per noun."""
