"""A RunPod of our own, for tests: its REST API v2 as far as cluster/ uses it, held to RunPod's description of it."""
