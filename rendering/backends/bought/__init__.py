"""What all backends have in common that order their frames from a server: written down first, and bought once."""
