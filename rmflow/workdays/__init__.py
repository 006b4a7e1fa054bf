"""Working days of the People's Republic of China, branch opening days and business days (B-01)."""
