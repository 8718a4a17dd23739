"""How the example world's reference pictures are drawn. Only `make.py` is run, by hand, when a picture is to change."""
