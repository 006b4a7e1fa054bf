"""What a locked day freezes of slips and statements (W1-11); the first use of `workdays.freeze`.

What a slip says at filing follows the day it was filed on. What the closing finds (state, reception,
check) follows the day it is counted under: a slip left over stays open until it is checked. The
follow-up record and the onward guidance come later and stay free.
"""

from rmflow.workdays.freeze import guard, unguard

FILED = (
    "day_id branch_id referrer_id referrer_role home_branch_id sender_branch_id credit_share client_id"
    " addressed_as cues business needs assets source_channel guidance card_given repeat_reason note"
    " referred_at filed_at"
).split()
CHECKED = (
    "status reception check_result counted_on_id carried_on_id manager_id place agreed_on agreed_at"
    " agreed_channel waiting_since accepted_at met_at"
).split()
#: Counted by day, nothing else: frozen as a whole.
TABLES = ("referrals_diversion", "referrals_patrolround")


def _row(alias, columns):
    return "ROW(" + ", ".join(f"{alias}.{column}" for column in columns) + ")"


def _changed(columns):
    return f"{_row('OLD', columns)} IS DISTINCT FROM {_row('NEW', columns)}"


SLIPS = f"""
CREATE FUNCTION referrals_slip_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    filed boolean := false;
    checked boolean := false;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        filed := {_changed(FILED)};
        checked := {_changed(CHECKED)};
        IF NOT (filed OR checked) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        IF workdays_is_locked(OLD.counted_on_id)
            OR (workdays_is_locked(OLD.day_id) AND (filed OR TG_OP = 'DELETE' OR OLD.carried_on_id IS NULL))
        THEN
            PERFORM workdays_refuse(
                coalesce(OLD.counted_on_id, OLD.day_id), TG_TABLE_NAME, OLD.id, TG_OP);
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.day_id IS DISTINCT FROM OLD.day_id THEN
        IF workdays_is_locked(NEW.day_id) THEN
            PERFORM workdays_refuse(NEW.day_id, TG_TABLE_NAME, NEW.id, TG_OP);
        END IF;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.counted_on_id IS DISTINCT FROM OLD.counted_on_id THEN
        IF workdays_is_locked(NEW.counted_on_id) THEN
            PERFORM workdays_refuse(NEW.counted_on_id, TG_TABLE_NAME, NEW.id, TG_OP);
        END IF;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.carried_on_id IS DISTINCT FROM OLD.carried_on_id THEN
        IF workdays_is_locked(NEW.carried_on_id) THEN
            PERFORM workdays_refuse(NEW.carried_on_id, TG_TABLE_NAME, NEW.id, TG_OP);
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION referrals_statement_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    left_over boolean := false;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT counted_on_id IS NULL AND carried_on_id IS NOT NULL INTO left_over
        FROM referrals_referral WHERE id = OLD.referral_id;
        IF workdays_is_locked(OLD.day_id) AND (TG_OP = 'DELETE' OR NOT coalesce(left_over, false)) THEN
            PERFORM workdays_refuse(OLD.day_id, TG_TABLE_NAME, OLD.id, TG_OP);
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.day_id <> OLD.day_id THEN
        IF workdays_is_locked(NEW.day_id) THEN
            PERFORM workdays_refuse(NEW.day_id, TG_TABLE_NAME, NEW.id, TG_OP);
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

GUARD = (
    SLIPS
    + guard("referrals_referral", "referrals_slip_frozen")
    + guard("referrals_statement", "referrals_statement_frozen")
    + "".join(guard(table) for table in TABLES)
)
UNGUARD = (
    "".join(unguard(table) for table in ("referrals_referral", "referrals_statement", *TABLES))
    + "DROP FUNCTION referrals_slip_frozen();\nDROP FUNCTION referrals_statement_frozen();\n"
)
