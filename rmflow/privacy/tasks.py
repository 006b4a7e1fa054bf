"""The log's scheduled jobs."""

import logging

from celery import shared_task

from rmflow.doors.jobs import scheduled

from . import chain, exports

log = logging.getLogger("rmflow.audit")


class ChainBroken(Exception):
    """The access log does not hold together; the job is shown as failed."""


@shared_task(name="privacy.chain_access_log")
@scheduled("chain the access log")
def chain_access_log():
    """Each minute: seal what was logged since."""
    return {"chained": chain.chain_all()}


@shared_task(name="privacy.verify_access_log")
@scheduled("verify the access log")
def verify_access_log():
    """Each night: verify every chain and write the heads to the server's log, out of the database."""
    links, broken = 0, []
    for result in chain.verify():
        links += result.links
        log.info("access log head branch=%s seq=%s hash=%s", result.key, *result.head)
        if result.broken:
            broken.append(result.broken)
            log.critical("access log broken: %s", result.broken)
    if broken:
        raise ChainBroken(f"{len(broken)} chains")
    return {"links": links}


@shared_task(name="privacy.send_exports_again")
@scheduled("send exports again")
def send_exports_again() -> dict[str, int]:
    """Each five minutes: workbooks asked for while the broker was away go to a worker."""
    return {"exports": exports.send_again()}


@shared_task(name="privacy.forget_exports")
@scheduled("forget old exports")
def forget_exports() -> dict[str, int]:
    """Each night: workbooks are kept for a day."""
    return {"exports": exports.forget_old()}
