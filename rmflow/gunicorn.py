"""How gunicorn serves us (`gunicorn -c python:rmflow.gunicorn rmflow.wsgi`).

Threads, not sync workers: browsers open spare connections, and each would hold a sync worker until
its timeout. One connection to the database per thread, kept for good (CONN_MAX_AGE).
"""

import os
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
keepalive = 5  # seconds
timeout = 60  # seconds
graceful_timeout = 20  # seconds; requests at hand are finished
preload_app = True  # a start in half the time, memory shared
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # nosec B108
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
# No access log: addresses of pages hold client numbers; the access log proper is in the database.
accesslog = None
errorlog = "-"
loglevel = "warning"
