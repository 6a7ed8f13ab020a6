"""Finds a Chromium for the browser tests, or installs Debian's where it may. Run as a script it prints where it is."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """The path of a browser: `CHROMIUM`, else the first of the usual names."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """Installs Debian's Chromium and a Chinese font. Raises SystemExit with one sentence where that is not possible."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(
            "The browser tests need Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM to its path."
        )
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    try:
        subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)  # type: ignore[call-overload]
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"], check=True, **quiet)  # type: ignore[call-overload]
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            "Chromium could not be installed by apt-get: install it by hand or set CHROMIUM to its path."
        ) from error


if __name__ == "__main__":
    if find() is None:
        install()
    sys.stdout.write(f"browser: {find()}\n")
