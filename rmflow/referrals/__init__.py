"""From the lobby to the wealth manager."""
