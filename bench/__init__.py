"""The benchmark of the gateway: mock vendor and load generator in C, contenders, gate and report.

Not part of the product: nothing in `src` imports it. `python -m bench --help` lists what it does.
"""
