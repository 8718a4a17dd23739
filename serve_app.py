"""Front door: builds the parts and the Ray Serve application."""
