"""Pages of the roof: home, overview, search, jobs, who may do what."""
