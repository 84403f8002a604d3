"""Makes `prices.json` and `models.json` from three packages and a table of ours: `make models`."""
