"""Who may do what, and where: the one matrix (spec "Who uses it").

`ROLE_PERMISSIONS` says what a role may do; a `RoleHolding` says at which branch and how long a person
holds it; `scope()` turns both into the rows a permission reaches. Pages, API, exports and tasks ask
here and nowhere else.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(TextChoices):
    """The roles of the deck and of the bank above it; the codes are the spec's."""

    TELLER = "teller", _("Teller")
    LOBBY_MANAGER = "lobby_manager", _("Lobby manager")
    WEALTH_MANAGER = "wealth_manager", _("Wealth manager")
    MARKETING_MANAGER = "marketing_manager", _("Marketing manager")
    BRANCH_HEAD = "branch_head", _("Branch head")
    SUPERVISOR = "supervisor", _("Client-manager supervisor")
    ARCHIVIST = "archivist", _("Archivist")
    COMPLAINT_OFFICE = "complaint_office", _("Complaint office")
    REGION_HEAD = "region_head", _("Region head")
    PHONE_AGENT = "phone_agent", _("Phone-banking agent")
    EBANK_MANAGER = "ebank_manager", _("E-banking manager")
    ADMIN = "admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    AUDITOR = "auditor", pgettext_lazy("role", "Auditor")


class Permission(TextChoices):
    """One thing a person may do. The label is what `/about/permissions` shows."""

    FILE_REFERRAL = "file_referral", _("File a referral")
    DIVERT = "divert", _("Divert a client and count it")
    PATROL = "patrol", _("Tick a patrol round")
    SEE_REFERRALS = "see_referrals", _("See the branch's referrals")
    ROUTE_REFERRAL = "route_referral", _("Offer a waiting client to another manager")
    WORK_REFERRAL = "work_referral", _("Receive, decline and meet referred clients")
    RECORD_DEAL = "record_deal", _("Enter a deal")
    SEE_STATISTICS = "see_statistics", _("Read the referral statistics")
    SIGN_MONTH = "sign_month", _("Sign the month's referral statistics")
    JUDGE_CLIENT = "judge_client", _("Decide a client's type")
    STAND_DUTY = "stand_duty", _("Stand duty in the lobby and call for help")
    SEE_DUTY = "see_duty", _("See the duty register")
    ANSWER_CALL = "answer_call", _("Answer a call for help from the lobby")
    SEE_BOARD = "see_board", _("See the branch's board")
    KEEP_SCREENS = "keep_screens", _("Pair and revoke wall screens of the board")
    OPEN_DAY = "open_day", _("Open the branch's business day")
    CLOSE_DAY = "close_day", _("Check the day's slips and lock the day")
    SIGN_LOBBY = "sign_lobby", _("Sign the closing for the lobby")
    SIGN_RECEIVED = "sign_received", _("State and sign which clients were received")
    STAND_IN = "stand_in", _("Sign the closing for somebody absent")
    REOPEN_DAY = "reopen_day", _("Open a locked day again")
    KEEP_CUSTODY = "keep_custody", _("Release records from custody")
    INSPECT = "inspect", _("Inspect referral slips, follow-up records and archives")
    WORK_FOLLOW_UP = "work_follow_up", _("Work the daily list and follow-up records")
    SEE_FOLLOW_UPS = "see_follow_ups", _("See how follow-up records are used")
    SEE_CLIENTS = "see_clients", _("See the branch's clients, masked")
    FIND_CLIENT = "find_client", _("Look a client up by a whole phone or ID number")
    RECOGNISE_CLIENT = "recognise_client", _("Recognise a client at the desk by number or card tail")
    EDIT_CLIENT = "edit_client", _("Change a client's record")
    REVEAL_CLIENT = "reveal_client", _("Show masked data, with a purpose")
    ASSIGN_CLIENT = "assign_client", _("Give a client to another manager")
    MERGE_CLIENTS = "merge_clients", _("Confirm that two records are one person, and merge them")
    KEEP_SCORECARDS = "keep_scorecards", _("Keep scorecards and tiers")
    SEE_TIERS = "see_tiers", _("See evaluations and tiers")
    SIGN_TIERS = "sign_tiers", _("Sign an evaluation")
    ASK_OVERRIDE = "ask_override", _("Ask for a tier or type set by hand")
    OVERRIDE_TIER = "override_tier", _("Approve a tier or type set by hand")
    TAKE_COMPLAINT = "take_complaint", _("Take a complaint")
    SEE_COMPLAINTS = "see_complaints", _("See the branch's complaints")
    WORK_COMPLAINT = "work_complaint", _("Handle a complaint")
    ASSIGN_COMPLAINT = "assign_complaint", _("Assign, pass on and merge complaints")
    RULE_COMPLAINT = "rule_complaint", _("Decide on extensions and reviews of complaints")
    ANALYSE_COMPLAINTS = "analyse_complaints", _("Read the complaint desk and its figures")
    USE_SEGMENTS = "use_segments", _("Use and share segments of clients")
    FLAG_CLOSURE = "flag_closure", _("Report a closure or movement at the counter")
    WORK_CLOSURE = "work_closure", _("Assess closures and keep clients")
    HOLD_CLOSURE = "hold_closure", _("Step in where a manager cannot hold a client")
    SEE_CASES = "see_cases", _("See the branch's closures and openings")
    RECEIVE_CLOSURES = "receive_closures", _("Receive the month's closure records")
    PREPARE_OPENING = "prepare_opening", _("Prepare an account opening")
    EXECUTE_OPENING = "execute_opening", _("Carry out an account opening at the counter")
    LOAD_FILES = "load_files", _("Load files of the core system")
    FILE_ARCHIVE = "file_archive", _("File archives")
    STORE_ARCHIVE = "store_archive", _("Store archives in their place")
    QUERY_ARCHIVE = "query_archive", _("Query the archive register")
    BORROW_ARCHIVE = "borrow_archive", _("Borrow archives")
    LEND_ARCHIVE = "lend_archive", _("Lend archives and take them back")
    UPDATE_ARCHIVE = "update_archive", _("Add papers to archives")
    CHECK_ARCHIVE = "check_archive", _("Check archives")
    ASSESS_ARCHIVE = "assess_archive", _("Assess how managers keep archives")
    DESTROY_ARCHIVE = "destroy_archive", _("Propose the destruction of archives and carry it out")
    HOLD_ARCHIVE = "hold_archive", _("Put archives on hold")
    APPROVE_CUSTODY = "approve_custody", _("Approve loans and assessments of archives")
    APPROVE_DESTRUCTION = "approve_destruction", _("Approve a destruction as supervisor")
    ORDER_DESTRUCTION = "order_destruction", _("Approve a destruction as head")
    TAKE_RIGHTS = "take_rights", _("Take a client's request about personal data")
    SETTLE_RIGHTS = "settle_rights", _("Settle a client's request about personal data")
    MANAGE_REFERENCE = (
        "manage_reference",
        _("Keep branches, staff, calendar and settings"),
    )
    SEE_JOBS = "see_jobs", _("See the scheduled jobs")
    MANAGE_ROLES = "manage_roles", _("Grant and review roles, unlock accounts")
    AUDIT = "audit", _("Read the access log and change history")


_P = Permission

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.TELLER: frozenset(
        {
            _P.FILE_REFERRAL,
            _P.DIVERT,
            _P.SEE_BOARD,
            _P.TAKE_COMPLAINT,
            _P.RECOGNISE_CLIENT,
            _P.FLAG_CLOSURE,
            _P.EXECUTE_OPENING,
        }
    ),
    Role.LOBBY_MANAGER: frozenset(
        {
            _P.FILE_REFERRAL,
            _P.DIVERT,
            _P.PATROL,
            _P.SEE_REFERRALS,
            _P.ROUTE_REFERRAL,
            _P.OPEN_DAY,
            _P.SEE_CLIENTS,
            _P.SEE_STATISTICS,
            _P.CLOSE_DAY,
            _P.SIGN_LOBBY,
            _P.STAND_DUTY,
            _P.SEE_DUTY,
            _P.SEE_BOARD,
            _P.TAKE_COMPLAINT,
            _P.SEE_COMPLAINTS,
            _P.WORK_COMPLAINT,
            _P.ASSIGN_COMPLAINT,
            _P.RECOGNISE_CLIENT,
            _P.FLAG_CLOSURE,
            _P.TAKE_RIGHTS,
        }
    ),
    Role.WEALTH_MANAGER: frozenset(
        {
            _P.FILE_REFERRAL,
            _P.DIVERT,
            _P.SEE_REFERRALS,
            _P.WORK_REFERRAL,
            _P.JUDGE_CLIENT,
            _P.RECORD_DEAL,
            _P.WORK_FOLLOW_UP,
            _P.USE_SEGMENTS,
            _P.SEE_CLIENTS,
            _P.FIND_CLIENT,
            _P.EDIT_CLIENT,
            _P.REVEAL_CLIENT,
            _P.SIGN_RECEIVED,
            _P.STAND_DUTY,
            _P.SEE_BOARD,
            _P.SEE_TIERS,
            _P.ASK_OVERRIDE,
            _P.TAKE_COMPLAINT,
            _P.WORK_COMPLAINT,
            _P.RECOGNISE_CLIENT,
            _P.FLAG_CLOSURE,
            _P.WORK_CLOSURE,
            _P.PREPARE_OPENING,
            _P.BORROW_ARCHIVE,
            _P.TAKE_RIGHTS,
        }
    ),
    Role.MARKETING_MANAGER: frozenset(
        {
            _P.FILE_REFERRAL,
            _P.WORK_FOLLOW_UP,
            _P.USE_SEGMENTS,
            _P.SEE_CLIENTS,
            _P.EDIT_CLIENT,
            _P.SEE_BOARD,
            _P.TAKE_COMPLAINT,
            _P.WORK_COMPLAINT,
            _P.BORROW_ARCHIVE,
        }
    ),
    Role.BRANCH_HEAD: frozenset(
        {
            _P.SEE_REFERRALS,
            _P.ROUTE_REFERRAL,
            _P.OPEN_DAY,
            _P.RECORD_DEAL,
            _P.SEE_STATISTICS,
            _P.SIGN_MONTH,
            _P.SEE_FOLLOW_UPS,
            _P.USE_SEGMENTS,
            _P.SEE_CLIENTS,
            _P.REVEAL_CLIENT,
            _P.ASSIGN_CLIENT,
            _P.MERGE_CLIENTS,
            _P.CLOSE_DAY,
            _P.STAND_IN,
            _P.REOPEN_DAY,
            _P.KEEP_CUSTODY,
            _P.INSPECT,
            _P.SEE_DUTY,
            _P.ANSWER_CALL,
            _P.SEE_BOARD,
            _P.KEEP_SCREENS,
            _P.SEE_TIERS,
            _P.SIGN_TIERS,
            _P.ASK_OVERRIDE,
            _P.TAKE_COMPLAINT,
            _P.SEE_COMPLAINTS,
            _P.WORK_COMPLAINT,
            _P.ASSIGN_COMPLAINT,
            _P.ANALYSE_COMPLAINTS,
            _P.WORK_CLOSURE,
            _P.HOLD_CLOSURE,
            _P.SEE_CASES,
            _P.QUERY_ARCHIVE,
            _P.HOLD_ARCHIVE,
            _P.APPROVE_CUSTODY,
            _P.ORDER_DESTRUCTION,
            _P.TAKE_RIGHTS,
            _P.SETTLE_RIGHTS,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            _P.SEE_REFERRALS,
            _P.SEE_STATISTICS,
            _P.SEE_FOLLOW_UPS,
            _P.USE_SEGMENTS,
            _P.SEE_CLIENTS,
            _P.REVEAL_CLIENT,
            _P.ASSIGN_CLIENT,
            _P.MERGE_CLIENTS,
            _P.INSPECT,
            _P.SEE_DUTY,
            _P.ANSWER_CALL,
            _P.SEE_BOARD,
            _P.SEE_TIERS,
            _P.OVERRIDE_TIER,
            _P.TAKE_COMPLAINT,
            _P.SEE_COMPLAINTS,
            _P.WORK_COMPLAINT,
            _P.ANALYSE_COMPLAINTS,
            _P.SEE_CASES,
            _P.RECEIVE_CLOSURES,
            _P.QUERY_ARCHIVE,
            _P.HOLD_ARCHIVE,
            _P.APPROVE_CUSTODY,
            _P.APPROVE_DESTRUCTION,
            _P.TAKE_RIGHTS,
            _P.SETTLE_RIGHTS,
        }
    ),
    Role.ARCHIVIST: frozenset(
        {
            _P.SEE_CLIENTS,
            _P.KEEP_CUSTODY,
            _P.TAKE_COMPLAINT,
            _P.FILE_ARCHIVE,
            _P.STORE_ARCHIVE,
            _P.QUERY_ARCHIVE,
            _P.LEND_ARCHIVE,
            _P.UPDATE_ARCHIVE,
            _P.CHECK_ARCHIVE,
            _P.ASSESS_ARCHIVE,
            _P.DESTROY_ARCHIVE,
            _P.HOLD_ARCHIVE,
        }
    ),
    Role.COMPLAINT_OFFICE: frozenset(
        {
            _P.FIND_CLIENT,
            _P.TAKE_COMPLAINT,
            _P.SEE_COMPLAINTS,
            _P.WORK_COMPLAINT,
            _P.ASSIGN_COMPLAINT,
            _P.RULE_COMPLAINT,
            _P.ANALYSE_COMPLAINTS,
        }
    ),
    Role.REGION_HEAD: frozenset(
        {
            _P.SEE_REFERRALS,
            _P.SEE_STATISTICS,
            _P.SEE_FOLLOW_UPS,
            _P.SEE_CLIENTS,
            _P.SEE_DUTY,
            _P.SEE_BOARD,
            _P.SEE_TIERS,
            _P.SIGN_TIERS,
            _P.TAKE_COMPLAINT,
            _P.SEE_COMPLAINTS,
            _P.WORK_COMPLAINT,
            _P.ASSIGN_COMPLAINT,
            _P.ANALYSE_COMPLAINTS,
            _P.SEE_CASES,
        }
    ),
    Role.PHONE_AGENT: frozenset(
        {
            _P.FILE_REFERRAL,
            _P.FIND_CLIENT,
            _P.TAKE_COMPLAINT,
        }
    ),
    Role.EBANK_MANAGER: frozenset(
        {
            _P.FILE_REFERRAL,
            _P.DIVERT,
            _P.SEE_CLIENTS,
            _P.STAND_DUTY,
            _P.SEE_BOARD,
            _P.TAKE_COMPLAINT,
            _P.WORK_COMPLAINT,
        }
    ),
    Role.ADMIN: frozenset(
        {
            _P.KEEP_SCORECARDS,
            _P.MANAGE_REFERENCE,
            _P.LOAD_FILES,
            _P.SEE_JOBS,
            _P.KEEP_SCREENS,
            _P.TAKE_COMPLAINT,
        }
    ),
    Role.SECURITY_ADMIN: frozenset(
        {
            _P.MANAGE_ROLES,
            _P.TAKE_COMPLAINT,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            _P.AUDIT,
            _P.SEE_JOBS,
            _P.TAKE_COMPLAINT,
        }
    ),
}

#: What working for a day in another branch opens there: its lobby, never its archive.
LOBBY_WORK = frozenset(
    {
        _P.FILE_REFERRAL,
        _P.DIVERT,
        _P.PATROL,
        _P.SEE_REFERRALS,
        _P.ROUTE_REFERRAL,
        _P.WORK_REFERRAL,
        _P.OPEN_DAY,
        _P.CLOSE_DAY,
        _P.SIGN_LOBBY,
        _P.SIGN_RECEIVED,
    }
)

#: Roles that reach the branches below the one they are held at.
SUBTREE_ROLES = frozenset({Role.REGION_HEAD})

#: Roles that sit above the branches.
EVERYWHERE_ROLES = frozenset(
    {
        Role.COMPLAINT_OFFICE,
        Role.PHONE_AGENT,
        Role.ADMIN,
        Role.SECURITY_ADMIN,
        Role.AUDITOR,
    }
)

#: Roles that need a second factor outside demo mode (domain-rules §4.2, clause 4.1d).
SECOND_FACTOR_ROLES = frozenset(
    {
        Role.BRANCH_HEAD,
        Role.REGION_HEAD,
        Role.SUPERVISOR,
        Role.ARCHIVIST,
        Role.COMPLAINT_OFFICE,
        Role.ADMIN,
        Role.SECURITY_ADMIN,
    }
)


@dataclass(frozen=True)
class Scope:
    """The branches one permission reaches: everywhere, some branches, or whole subtrees."""

    everywhere: bool = False
    branch_ids: frozenset[int] = frozenset()
    paths: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.branch_ids) or bool(self.paths)

    def q(self, field: str = "branch") -> Q:
        """A filter on `field`, a foreign key to Branch; `field=""` filters branches themselves."""
        if self.everywhere:
            return Q()
        prefix = f"{field}__" if field else ""
        reach = Q(**{f"{prefix}pk__in" if not field else f"{field}_id__in": self.branch_ids})
        for path in self.paths:
            reach |= Q(**{f"{prefix}path__startswith": path})
        return reach

    def covers(self, branch) -> bool:
        """Whether `branch` (a Branch) lies inside."""
        return (
            self.everywhere
            or branch.pk in self.branch_ids
            or any(branch.path.startswith(path) for path in self.paths)
        )


def scope(user, permission: str) -> Scope:
    """Where `user` may do `permission` today. Costs no query once the roles are loaded."""
    everywhere, ids, paths = False, set(), set()
    for holding in user.holdings:
        if permission not in ROLE_PERMISSIONS[holding.role]:
            continue
        if holding.role in EVERYWHERE_ROLES:
            everywhere = True
        elif holding.role in SUBTREE_ROLES:
            paths.add(holding.branch.path)
        else:
            ids.add(holding.branch_id)
            if permission in LOBBY_WORK and user.works_elsewhere:
                ids.add(user.duty_branch_id)
    return Scope(everywhere, frozenset(ids), tuple(sorted(paths)))


def require(user, permission: str, branch=None) -> None:
    """Raise PermissionDenied (403) unless `user` holds `permission` (at `branch`, when given)."""
    reach = scope(user, permission)
    if not reach or (branch is not None and not reach.covers(branch)):
        raise PermissionDenied(_("Your role does not allow this."))
