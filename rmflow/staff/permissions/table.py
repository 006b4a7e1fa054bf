"""What each role may do, and how far each role reaches: the one matrix (spec "Who uses it")."""

from .names import Permission, Role

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
            _P.HOLD_CLOSURE,
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
