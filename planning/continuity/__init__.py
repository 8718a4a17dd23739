"""Continuity: the state of the story, moved by the beats' effects, and where a plan contradicts it. Pure; see supervisor.py."""
