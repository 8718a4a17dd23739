"""anime_world: the shipped example world. `world.json` and the PNG files beside it are made by `drawing/make.py`."""
