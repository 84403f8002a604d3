"""The page as a browser gets it: the files that `make web` built, and nothing that depends on who asks."""
