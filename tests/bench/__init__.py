"""Benchmarks: each of our jobs against the bare page and raw SQL, in turn, in one run (`make bench`)."""
