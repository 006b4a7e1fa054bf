"""Every scheduled job of the bank's day, on one screen. Times are Asia/Shanghai.

A job that goes by working days is called every day and asks the calendar itself. Each is written
with `rmflow.doors.jobs.scheduled`, so the portal's jobs list shows its last run and what it did.
"""

from celery.schedules import crontab

SCHEDULE = {
    # notices: every 5 seconds send what is due and ring lost bells; forget old ones each night
    "sweep notices": {"task": "notices.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "forget old notices": {"task": "notices.tidy", "schedule": crontab(hour=3, minute=20)},
    # doors: forget idempotency keys after 7 days and job runs after 30
    "clean up the doors": {"task": "doors.clean_up", "schedule": crontab(hour=3, minute=10)},
    # privacy: seal the access log each minute, verify it whole each night
    "chain the access log": {"task": "privacy.chain_access_log", "schedule": crontab()},
    "verify the access log": {"task": "privacy.verify_access_log", "schedule": crontab(hour=3, minute=40)},
    # privacy: workbooks asked for while the broker was away; those of yesterday go
    "send exports again": {
        "task": "privacy.send_exports_again",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "forget old exports": {"task": "privacy.forget_exports", "schedule": crontab(hour=3, minute=30)},
    # workdays: is the year that rules dates announced, are changes of the calendar recomputed
    "check the calendar": {"task": "workdays.check_calendar", "schedule": crontab(hour=7, minute=20)},
    # followups: the day's list before opening (08:00, working days), agreed hours every five minutes
    "remind of today's follow-ups": {
        "task": "followups.remind_morning",
        "schedule": crontab(hour=8, minute=0),
    },
    "remind of agreed hours": {
        "task": "followups.remind_hour",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    # followups: days counted by a calendar that has changed since
    "recompute counted days": {
        "task": "followups.recount",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    # followups: clients the figures name, after the night's balances
    "identify clients by data": {
        "task": "followups.find_candidates",
        "schedule": crontab(hour=4, minute=30),
    },
    # referrals: each minute lobbies without a name, forgotten shifts, calls nobody answered
    "watch the lobbies": {
        "task": "referrals.watch_lobbies",
        "schedule": crontab(),
        "options": {"expires": 50},
    },
    # referrals: last month's drafts from the first working day on; sums of changed days
    "compile the month's statistics": {
        "task": "referrals.compile_months",
        "schedule": crontab(hour=7, minute=40),
    },
    # referrals: digests of typed ID numbers, once no warning looks back to them
    "forget digests of repeats": {
        "task": "referrals.forget_keys",
        "schedule": crontab(hour=3, minute=25),
    },
    "fold in changed days": {"task": "referrals.refresh_figures", "schedule": crontab(minute="*/5")},
    # referrals: a day not locked by its hour; custody sealed at night and released in the morning
    "remind of the closing": {
        "task": "referrals.remind_closing",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "tell heads of open days": {
        "task": "referrals.escalate_closing",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "seal and release records": {
        "task": "referrals.keep_custody",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    # complaints: each five minutes warn and escalate; deadlines counted by a calendar that has changed; each
    # morning complaints of who has left; each night bytes of attachments no record names
    "watch the complaints' deadlines": {
        "task": "complaints.watch",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "reassign complaints of who has left": {
        "task": "complaints.reassign",
        "schedule": crontab(hour=8, minute=5),
    },
    "forget files of destroyed complaints": {
        "task": "complaints.forget_bytes",
        "schedule": crontab(hour=3, minute=40),
    },
    "recompute complaints' deadlines": {
        "task": "complaints.recount",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    # complaints: closures nobody claimed in time, movements of the day before, last month's set of records
    "call heads into closures": {
        "task": "complaints.climb_closures",
        "schedule": crontab(),
        "options": {"expires": 50},
    },
    "find movements": {"task": "complaints.find_movements", "schedule": crontab(hour=5, minute=20)},
    "hand in the month's closures": {
        "task": "complaints.hand_in_closures",
        "schedule": crontab(hour=7, minute=50),
    },
    # clients: each minute files of the inbox; loads left by a killed worker; files nobody loaded
    "take files from the inbox": {
        "task": "clients.take_inbox",
        "schedule": crontab(),
        "options": {"expires": 50},
    },
    "go on with loads": {
        "task": "clients.resume_loads",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    "forget old files": {"task": "clients.forget_files", "schedule": crontab(hour=3, minute=50)},
    # clients: last month's evaluation as soon as its balances are there (a review's month ends 06-30 or
    # 12-31), clients with an event, branches left by a killed worker, upgrades nobody signed
    "evaluate the month": {"task": "clients.evaluate_month", "schedule": crontab(hour=2, minute=14)},
    "evaluate clients by event": {"task": "clients.evaluate_events", "schedule": crontab(hour=5, minute=10)},
    "go on with evaluations": {
        "task": "clients.resume_evaluations",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 500},
    },
    # clients: premium clients whose manager is gone (W3-01)
    "check premium clients' managers": {
        "task": "clients.check_managers",
        "schedule": crontab(hour=5, minute=50),
    },
    "put upgrades into effect": {"task": "clients.upgrade_unsigned", "schedule": crontab(hour=6, minute=10)},
    # clients: pairs of records that may be one person; rows under way during a merge, undo days that are over
    "find duplicate persons": {"task": "clients.find_duplicates", "schedule": crontab(hour=4, minute=20)},
    "settle merges": {
        "task": "clients.settle_merges",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 240},
    },
    # clients: clocks of all archives on the second of January; who never became a client is made anonymous
    # each night; files that should be back and answers to clients that are due, each morning
    "review retention": {
        "task": "clients.review_retention",
        "schedule": crontab(hour=4, minute=0, day_of_month=2, month_of_year=1),
    },
    "anonymise who never became a client": {
        "task": "clients.anonymise_prospects",
        "schedule": crontab(hour=3, minute=50),
    },
    "remind of overdue archives": {"task": "clients.remind_loans", "schedule": crontab(hour=8, minute=5)},
    "remind of requests about data": {
        "task": "clients.remind_rights",
        "schedule": crontab(hour=8, minute=10),
    },
}
