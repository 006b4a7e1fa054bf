"""The demo data: an invented city of six branches, made by the same actions as real work."""
