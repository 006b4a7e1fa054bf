"""Notices: the bell, and an outbox for e-mail and webhooks."""
