"""The command line's further commands, by what they are for; `storyworld.py` puts them together."""
