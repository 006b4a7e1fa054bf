"""One job in a process of its own: `job.py deliver` or `job.py notify KEY`. Waits for a line to begin."""

import json
import sys

import django


def main(job, *words):
    django.setup()
    from rmflow.notices import actions, outbox
    from rmflow.staff.models import User

    people = list(User.objects.order_by("-pk"))  # connects before the start
    print("ready", flush=True)
    sys.stdin.readline()
    if job == "deliver":
        answer = outbox.deliver()
    else:
        channels = ("bell", "email")
        actions.notify(people, "test", "News", key=words[0], channels=channels, urgent=True)
        answer = {}
    print(json.dumps(answer))


main(*sys.argv[1:])
