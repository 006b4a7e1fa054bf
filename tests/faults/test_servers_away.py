"""Valkey gone, PostgreSQL restarted under load: what was accepted is there, once."""

import json
import threading
import time


def test_without_valkey_a_referral_is_saved_and_the_bell_follows(site):
    lobby, wealth = site.browser("lobby_manager"), site.browser("wealth_manager")
    assert lobby.get("/desk/")[0] == 200
    site.valkey.stop()
    status, _text = site.file("down-1")
    assert status == 201, site.log()
    card = {
        "cues": "vip_card",
        "name": "刘",
        "end": "introduce",
        "manager": site.people["wealth_manager"]["id"],
        "idempotency_key": "down-2",
    }
    assert lobby.post("/desk/file/", **card)[0] == 200, site.log()  # the desk again, after the redirect
    assert lobby.post("/desk/file/", **{**card, "cues": "", "idempotency_key": "down-3"})[0] == 422
    for browser, page in ((lobby, "/desk/"), (lobby, "/referrals/mine/"), (wealth, "/today/")):
        assert browser.get(page)[0] == 200, site.log()
    assert wealth.get("/notices/poll/")[0] in (200, 204)
    assert site.rows("SELECT count(*) FROM referrals_referral") == [(2,)]
    assert site.rows("SELECT count(*) FROM notices_notice WHERE kind = 'waiting'") == [(2,)]
    site.valkey.start()
    status, bell = wealth.get("/notices/poll/")
    assert status == 200, site.log()
    assert "2" in bell
    assert site.file("up-1")[0] == 201
    assert site.rows("SELECT count(*) FROM notices_notice WHERE kind = 'waiting'") == [(3,)]


class Clerk(threading.Thread):
    """Files cards one after the other, and sends each again with its key until it is answered."""

    def __init__(self, site, name, count):
        super().__init__(name=name, daemon=True)
        self.site, self.count = site, count
        self.accepted: dict[str, int] = {}
        self.troubles: list[str] = []

    def run(self):
        for number in range(self.count):
            key = f"{self.name}-{number}"
            end = time.monotonic() + 60
            while key not in self.accepted and time.monotonic() < end:
                try:
                    status, text = self.site.file(key, note=key)
                except OSError as trouble:
                    self.troubles.append(type(trouble).__name__)
                    continue
                if status in (200, 201):
                    self.accepted[key] = json.loads(text)["id"]
                elif status < 500:
                    raise AssertionError(f"{key}: {status} {text}")
                else:
                    self.troubles.append(str(status))
                    time.sleep(0.05)


def test_of_postgresql_restarted_under_load_every_accepted_referral_is_there_once(site):
    clerks = [Clerk(site, f"clerk{number}", 30) for number in range(4)]
    for clerk in clerks:
        clerk.start()
    for accepted in (15, 50):  # two restarts, in the thick of it
        while sum(len(clerk.accepted) for clerk in clerks) < accepted:
            time.sleep(0.02)
        site.postgres.stop()
        site.postgres.start()
    for clerk in clerks:
        clerk.join(90)
    accepted = {key: pk for clerk in clerks for key, pk in clerk.accepted.items()}
    assert len(accepted) == 120, site.log()
    there = dict(site.rows("SELECT note, min(id) FROM referrals_referral GROUP BY note HAVING count(*) = 1"))
    assert there == accepted
    assert site.rows("SELECT count(*) FROM referrals_referral") == [(120,)]
    assert site.rows("SELECT count(*) FROM notices_notice WHERE kind = 'waiting'") == [(120,)]
    assert any(clerk.troubles for clerk in clerks), "no request met the restart; nothing is proven"
