"""Questions of business handling: one function, one query."""
