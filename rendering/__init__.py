"""Beat → clip: renderer, backends behind one lazy door, motion, encoding, film cutting. No Ray, no SQL."""
