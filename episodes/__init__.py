"""The words and the rules: what an episode is, how it may move, and who decides. No Ray, no SQL, no pictures."""
