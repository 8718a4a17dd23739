"""Fountain, the plain text of screenplays (https://fountain.io/syntax): read into scenes, and written again.

Our own reading of it: what is in the package index takes minutes over some texts of a few thousand characters, or ends in a RecursionError.
This one looks at each character a fixed number of times, and says in which line something is wrong.
"""
