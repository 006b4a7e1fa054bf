"""The roof: home pages, search, jobs and the demo data."""
