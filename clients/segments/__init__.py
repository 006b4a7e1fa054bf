"""Segments (分群, C-06): saved filters over everything that is known of a client.

`rules` says what a definition may say, `fields` what may be asked about, `query` turns a definition into one
query inside the reader's scope, `words` into sentences. Later work asks `segment_clients` and nothing else.
"""

from .query import matching, segment_clients

__all__ = ["matching", "segment_clients"]
