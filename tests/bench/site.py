"""The two sites, ours and the bare one, under the same gunicorn settings on ports of the loopback."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time

WORKERS = "2"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(settings="rmflow.settings"):
    """A gunicorn with `settings`; yields its port."""
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "PORT": str(port),
        "WEB_WORKERS": WORKERS,
        "RMFLOW_PERSISTENT": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:rmflow.gunicorn", "rmflow.wsgi"]
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port, process):
    for _i in range(300):
        if process.poll() is not None:
            raise RuntimeError("The server ended before it answered.")
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/login/")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise RuntimeError("The server did not answer within 30 seconds.")
