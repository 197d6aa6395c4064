"""The data dictionary: a static site made of the model files, which opens from a file and asks nothing of the net."""
