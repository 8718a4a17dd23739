"""HTTP: routes as plain functions of their parts. No Ray, no SQL."""
