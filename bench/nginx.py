"""Configurations of nginx, filled in for one round."""

import os
import pwd
from pathlib import Path

from bench import build

HERE = Path(__file__).resolve().parent


def configured(template: str, folder: Path, **values: object) -> list[str]:
    """Fill in `template`, write it to `folder`; the command that runs nginx with it."""
    user = pwd.getpwuid(os.getuid()).pw_name
    text = (HERE / template).read_text()
    values |= {"USER": f"user {user};" if os.getuid() == 0 else "", "FOLDER": folder}
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    config = folder / template.removesuffix(".in")
    config.write_text(text)
    return [build.needed("nginx", "nginx-light"), "-c", str(config), "-p", str(folder)]
