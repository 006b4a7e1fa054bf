"""Every write of business handling, a module per noun."""
