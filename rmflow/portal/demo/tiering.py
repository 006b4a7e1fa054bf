"""Seven months of balances and five runs of the evaluation: four signed, one waiting for the heads."""

import datetime
import random

from clients.actions import evaluation, overrides, recompute, scorecards, signing, simulation
from clients.models import Client, MonthlyBalance, Scorecard
from clients.scoring.months import add_months, first_of, next_first
from clients.scoring.rules import Move
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Role

from . import archives, statistics
from .moment import at

MONTHS = 6  # before the one the portfolio wrote
SIGNED = 4  # runs before the one that waits: enough for a third miss


def make(branches, rng: random.Random, today: datetime.date):
    """Balances backwards, the runs before signed by the heads, last month's computed."""
    _balances(rng, today)
    archives.fill_months()
    statistics.gather()
    for back in range(SIGNED + 1, 1, -1):
        _signed(first_of(today, back=back))
    last = evaluation.start(first_of(today, back=1))
    evaluation.run_now(last)
    _sent_back(branches, last)
    _by_hand(branches, last, today)
    _draft()


def _signed(month):
    """A run computed in the night after `month`, read and signed the next morning."""
    with at(_hour(next_first(month), 2)):
        run = evaluation.start(month)
        evaluation.run_now(run)
    with at(_hour(next_first(month) + datetime.timedelta(days=1), 9)):
        for part in run.parts.select_related("branch", "run").order_by("branch__code"):
            head = User.objects.holding_at(part.branch_id, Role.BRANCH_HEAD).first()
            region = User.objects.holding(Role.REGION_HEAD).first()
            for client_id in signing.unread(part).values_list("client", flat=True):
                signing.read_downgrade(part.pk, client_id, by=head or region)
            signing.sign(part.pk, by=head or region, opinion="同意")


def _hour(day, hour):
    return datetime.datetime.combine(day, datetime.time(hour, 14), tzinfo=BANK_TIME)


def _balances(rng, today):
    """Each client's months backwards from the last: most drift a little, some rose, some fell."""
    month = first_of(today, back=1)
    known = (
        MonthlyBalance.objects.filter(month=month).order_by("client_id").values_list("client_id", "amount")
    )
    rows = []
    for client_id, amount in known:
        value, drift = float(amount), rng.choice((1.0, 1.0, 1.02, 0.98, 1.15, 1.25, 0.85))
        for back in range(1, MONTHS + 1):
            value *= drift * rng.uniform(0.9, 1.1)
            rows.append(
                MonthlyBalance(
                    client_id=client_id,
                    month=first_of(month, back=back),
                    amount=round(value, 2),
                    label="月日均",
                )
            )
    MonthlyBalance.objects.bulk_create(rows, batch_size=2000)


def _sent_back(branches, run):
    """A small branch whose balances are to be loaded anew before anybody signs."""
    part = run.parts.exclude(branch__in=[branches["0817"], branches["0818"]]).order_by("branch__code").last()
    region = User.objects.holding(Role.REGION_HEAD).first()
    if part and region:
        recompute.send_back(part.pk, by=region, why="上月末代发工资未入账，请重新导入余额后再评价。")


def _by_hand(branches, run, today):
    """One manual setting approved, one that waits for the supervisor."""
    branch = branches["0817"]
    supervisor = User.objects.holding_at(branch.pk, Role.SUPERVISOR).first()
    falling = Client.objects.filter(
        evaluations__run=run, evaluations__move=Move.DOWN, branch=branch, owner__isnull=False
    )
    clients = list(falling.select_related("owner").order_by("pk")[:2])
    for number, client in enumerate(clients):
        reasons = ("配偶名下资产已约定转入，有划转凭证。", "定期到期后购房，尾款回流已约。")
        row = overrides.ask(
            client.pk,
            by=client.owner,
            tier=client.tier,
            reason=reasons[number],
            expires_on=add_months(today, 3),
        )
        if number == 0 and supervisor is not None:
            overrides.approve(row.pk, by=supervisor, why="凭证已核")


def _draft():
    """A simulated draft beside the version in force."""
    admin = User.objects.holding(Role.ADMIN).first()
    if admin is None:
        return
    card = scorecards.copy(Scorecard.objects.in_force().get().pk, by=admin)
    content = scorecards.content_of(card)
    content.options["note"] = "普通优质分数线由 60 调至 65"
    content.options["regular_from"] = 65
    scorecards.save(card.pk, content, by=admin)
    simulation.run(card.pk, by=admin)
