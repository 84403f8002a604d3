"""One API: one OpenAI-compatible endpoint in front of every model vendor."""
