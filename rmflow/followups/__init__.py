"""The wealth manager's day: plan items, contacts, appointments."""
