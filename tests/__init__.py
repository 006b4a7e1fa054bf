"""Tests mirror the code; `make test` gives them their servers."""
