"""Pages that the API serves itself, so that they work without the internet."""
