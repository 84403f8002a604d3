"""The composition root: the only package that knows all others. It wires them, and owns what runs beside."""
