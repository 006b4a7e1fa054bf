"""Pages of the clients: the list, a person's sheet, changing it, showing what is masked."""
