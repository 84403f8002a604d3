"""Peers: gateways by others, installed beside the benchmark on demand, each with one worker."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import build, machine
from bench.contenders import Contender
from bench.load import Target
from bench.processes import Program, free_port
from bench.vendor import Vendor

HERE = Path(__file__).resolve().parent
NAMES = ("litellm", "portkey")
LITELLM = HERE / ".venv" / "bin" / "litellm"
PORTKEY = HERE / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
INSTALL_SECONDS = 900


class Peer:
    """One installed gateway in one round."""

    def __init__(self, name: str, program: Program, target: Target) -> None:
        self.name = name
        self.target = target
        self.tls_target: Target | None = None
        self.pid: int | None = program.pid
        self._program = program

    def stop(self) -> None:
        """End it."""
        self._program.stop(10)


def install(name: str) -> None:
    """Install the peer if it is not there."""
    if name == "litellm" and not LITELLM.exists():
        folder = HERE / ".venv"
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "litellm[proxy]"]
        subprocess.run(pip, check=True, timeout=INSTALL_SECONDS)
    if name == "portkey" and not PORTKEY.exists():
        npm = build.needed("npm", "npm")
        command = [npm, "install", "--prefix", str(HERE), "--no-save", "@portkey-ai/gateway"]
        subprocess.run(command, check=True, timeout=INSTALL_SECONDS)


def start(name: str, vendor: Vendor, folder: Path) -> Contender:
    """Start the peer in front of the mock vendor."""
    install(name)
    port = free_port()
    if name == "litellm":
        program, target = _litellm(vendor, folder, port), Target(port, "sk-bench")
        ready = "/health/liveliness"
    else:
        program, ready = _portkey(folder, port), "/"
        header = (
            "x-portkey-provider: openai\r\n"
            f"x-portkey-custom-host: http://127.0.0.1:{vendor.port}/v1"
        )
        target = Target(port, "sk-portkey", header=header)
    try:
        program.wait_for_answer(port, ready, 120)
    except BaseException:
        program.stop(5)
        raise
    return Peer(name, program, target)


def _environment(**more: str) -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | more


def _litellm(vendor: Vendor, folder: Path, port: int) -> Program:
    config = folder / "litellm.yaml"
    config.write_text(
        "model_list:\n"
        "  - model_name: bench-chat\n"
        "    litellm_params:\n"
        "      model: openai/bench-chat\n"
        f"      api_base: http://127.0.0.1:{vendor.port}/v1\n"
        "      api_key: sk-litellm\n"
        "general_settings:\n"
        "  master_key: sk-bench\n"
    )
    command = [str(LITELLM), "--config", str(config), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--num_workers", "1", "--telemetry", "False"]
    environment = _environment(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_LOG="ERROR")
    return Program(
        command,
        core=machine.cores()[0],
        log=folder / "litellm.log",
        folder=folder,
        environment=environment,
    )


def _portkey(folder: Path, port: int) -> Program:
    node = shutil.which("node") or build.needed("node", "nodejs")
    return Program(
        [node, str(PORTKEY), f"--port={port}", "--headless"],
        core=machine.cores()[0],
        log=folder / "portkey.log",
        folder=folder,
        environment=_environment(NODE_ENV="production"),
    )
