"""What the page and the printed form of a client say, as their reader may see it. Reads only."""
