"""Find a Chromium for the browser tests; as root on Debian, install it with a Chinese font."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-cjk")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def provide() -> str | None:
    """Have a Chromium on this machine; else what is missing, as a sentence."""
    if find():
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "there is no Chromium here (on Debian: apt-get install chromium fonts-noto-cjk)."
    print("Installing Chromium and a Chinese font for the browser tests.", flush=True)
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    subprocess.run(install, check=False, **quiet)
    return None if find() else "Chromium could not be installed (apt-get install chromium failed)."
