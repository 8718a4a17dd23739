"""Worlds that ship with StoryWorld."""
