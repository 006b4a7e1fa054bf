"""Triggers of the statistics: which day's sums no longer hold, and what a signature freezes."""

STALE = """
CREATE FUNCTION referrals_day_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_staleday (day_id) VALUES (NEW.id);
    IF TG_OP = 'UPDATE' AND OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL THEN
        UPDATE referrals_monthreport SET changed_at = clock_timestamp()
         WHERE branch_id = NEW.branch_id AND month = date_trunc('month', NEW.date)::date
           AND state = 'signed' AND changed_at IS NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION referrals_slip_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_staleday (day_id)
    SELECT id FROM (VALUES (CASE WHEN TG_OP <> 'INSERT' THEN OLD.counted_on_id END),
                           (CASE WHEN TG_OP <> 'DELETE' THEN NEW.counted_on_id END)) AS days (id)
     WHERE id IS NOT NULL
    UNION
    SELECT deal.day_id FROM referrals_dealcredit credit JOIN followups_deal deal ON deal.id = credit.deal_id
     WHERE TG_OP = 'UPDATE' AND credit.referral_id = NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION referrals_verdict_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_staleday (day_id)
    SELECT DISTINCT counted_on_id FROM referrals_referral
     WHERE counted_on_id IS NOT NULL
       AND (TG_OP <> 'DELETE' AND client_id = NEW.client_id OR TG_OP <> 'INSERT' AND client_id = OLD.client_id);
    RETURN NULL;
END $$;

CREATE FUNCTION referrals_deal_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_staleday (day_id)
    SELECT id FROM (VALUES (CASE WHEN TG_OP <> 'INSERT' THEN OLD.day_id END),
                           (CASE WHEN TG_OP <> 'DELETE' THEN NEW.day_id END)) AS days (id)
     WHERE id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION referrals_credit_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_staleday (day_id)
    SELECT day_id FROM followups_deal
     WHERE TG_OP <> 'DELETE' AND id = NEW.deal_id OR TG_OP <> 'INSERT' AND id = OLD.deal_id;
    RETURN NULL;
END $$;

CREATE TRIGGER referrals_day_locked AFTER INSERT ON workdays_branchday FOR EACH ROW
    WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION referrals_day_stale();
CREATE TRIGGER referrals_day_changed AFTER UPDATE ON workdays_branchday FOR EACH ROW
    WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at) EXECUTE FUNCTION referrals_day_stale();
CREATE TRIGGER referrals_slip_counted AFTER INSERT OR DELETE ON referrals_referral FOR EACH ROW
    EXECUTE FUNCTION referrals_slip_stale();
CREATE TRIGGER referrals_slip_recounted AFTER UPDATE ON referrals_referral FOR EACH ROW
    WHEN ((OLD.counted_on_id IS NOT NULL OR NEW.counted_on_id IS NOT NULL) AND
        ROW(OLD.counted_on_id, OLD.status, OLD.check_result, OLD.client_id, OLD.filed_at, OLD.sender_branch_id)
        IS DISTINCT FROM
        ROW(NEW.counted_on_id, NEW.status, NEW.check_result, NEW.client_id, NEW.filed_at, NEW.sender_branch_id))
    EXECUTE FUNCTION referrals_slip_stale();
CREATE TRIGGER referrals_verdict_counted AFTER INSERT OR UPDATE OR DELETE ON clients_verdict FOR EACH ROW
    EXECUTE FUNCTION referrals_verdict_stale();
CREATE TRIGGER referrals_deal_counted AFTER INSERT OR UPDATE OR DELETE ON followups_deal FOR EACH ROW
    EXECUTE FUNCTION referrals_deal_stale();
CREATE TRIGGER referrals_credit_counted AFTER INSERT OR UPDATE OR DELETE ON referrals_dealcredit FOR EACH ROW
    EXECUTE FUNCTION referrals_credit_stale();
"""

#: A slip that no day counts yet makes no sums stale: filing, at the busiest hour, does not ask.
COUNTED_ONLY = """
DROP TRIGGER referrals_slip_counted ON referrals_referral;
CREATE TRIGGER referrals_slip_counted AFTER INSERT ON referrals_referral FOR EACH ROW
    WHEN (NEW.counted_on_id IS NOT NULL) EXECUTE FUNCTION referrals_slip_stale();
CREATE TRIGGER referrals_slip_uncounted AFTER DELETE ON referrals_referral FOR EACH ROW
    WHEN (OLD.counted_on_id IS NOT NULL) EXECUTE FUNCTION referrals_slip_stale();
"""
COUNTED_ALL = """
DROP TRIGGER referrals_slip_uncounted ON referrals_referral;
DROP TRIGGER referrals_slip_counted ON referrals_referral;
CREATE TRIGGER referrals_slip_counted AFTER INSERT OR DELETE ON referrals_referral FOR EACH ROW
    EXECUTE FUNCTION referrals_slip_stale();
"""

UNSTALE = """
DROP TRIGGER referrals_day_locked ON workdays_branchday;
DROP TRIGGER referrals_day_changed ON workdays_branchday;
DROP TRIGGER referrals_slip_counted ON referrals_referral;
DROP TRIGGER referrals_slip_recounted ON referrals_referral;
DROP TRIGGER referrals_verdict_counted ON clients_verdict;
DROP TRIGGER referrals_deal_counted ON followups_deal;
DROP TRIGGER referrals_credit_counted ON referrals_dealcredit;
DROP FUNCTION referrals_day_stale(), referrals_slip_stale(), referrals_verdict_stale(),
    referrals_deal_stale(), referrals_credit_stale();
"""

#: Who was met or reached, and in time, is summed up too: by the slip, its talks and its first plan item.
CONTACTS = """
CREATE FUNCTION referrals_talk_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_staleday (day_id)
    SELECT DISTINCT counted_on_id FROM referrals_referral
     WHERE counted_on_id IS NOT NULL
       AND (TG_OP <> 'DELETE' AND follow_up_id = NEW.record_id OR TG_OP <> 'INSERT' AND follow_up_id = OLD.record_id);
    RETURN NULL;
END $$;

CREATE FUNCTION referrals_plan_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_staleday (day_id)
    SELECT counted_on_id FROM referrals_referral
     WHERE counted_on_id IS NOT NULL AND id = CASE WHEN TG_OP = 'DELETE'
           THEN split_part(OLD.source_key, ':', 2) ELSE split_part(NEW.source_key, ':', 2) END::bigint;
    RETURN NULL;
END $$;

CREATE TRIGGER referrals_slip_reached AFTER UPDATE ON referrals_referral FOR EACH ROW
    WHEN (NEW.counted_on_id IS NOT NULL AND ROW(OLD.reception, OLD.follow_up_id, OLD.referred_at)
        IS DISTINCT FROM ROW(NEW.reception, NEW.follow_up_id, NEW.referred_at))
    EXECUTE FUNCTION referrals_slip_stale();
CREATE TRIGGER referrals_talk_counted AFTER INSERT OR UPDATE OR DELETE ON followups_contact FOR EACH ROW
    EXECUTE FUNCTION referrals_talk_stale();
CREATE TRIGGER referrals_plan_made AFTER INSERT ON followups_planitem FOR EACH ROW
    WHEN (NEW.kind = 'follow_up' AND NEW.source_key ~ '^referral:[0-9]{1,18}:first$')
    EXECUTE FUNCTION referrals_plan_stale();
CREATE TRIGGER referrals_plan_moved AFTER UPDATE ON followups_planitem FOR EACH ROW
    WHEN (coalesce(OLD.must_by, OLD.plan_on) <> coalesce(NEW.must_by, NEW.plan_on)
        AND NEW.kind = 'follow_up' AND NEW.source_key ~ '^referral:[0-9]{1,18}:first$')
    EXECUTE FUNCTION referrals_plan_stale();
CREATE TRIGGER referrals_plan_gone AFTER DELETE ON followups_planitem FOR EACH ROW
    WHEN (OLD.kind = 'follow_up' AND OLD.source_key ~ '^referral:[0-9]{1,18}:first$')
    EXECUTE FUNCTION referrals_plan_stale();

INSERT INTO referrals_staleday (day_id) SELECT id FROM workdays_branchday WHERE closed_at IS NOT NULL;
"""
NO_CONTACTS = """
DROP TRIGGER referrals_slip_reached ON referrals_referral;
DROP TRIGGER referrals_talk_counted ON followups_contact;
DROP TRIGGER referrals_plan_made ON followups_planitem;
DROP TRIGGER referrals_plan_moved ON followups_planitem;
DROP TRIGGER referrals_plan_gone ON followups_planitem;
DROP FUNCTION referrals_talk_stale(), referrals_plan_stale();
"""

SIGNED = """
CREATE FUNCTION referrals_month_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'changed_at' = to_jsonb(OLD) - 'changed_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A signed month never changes.' USING ERRCODE = 'restrict_violation',
        CONSTRAINT = 'month_signed';
END $$;
CREATE TRIGGER referrals_month_kept BEFORE UPDATE OR DELETE ON referrals_monthreport FOR EACH ROW
    WHEN (OLD.state = 'signed') EXECUTE FUNCTION referrals_month_signed();
"""
UNSIGNED = """
DROP TRIGGER referrals_month_kept ON referrals_monthreport;
DROP FUNCTION referrals_month_signed();
"""

NOT_EMPTIED = """
CREATE FUNCTION referrals_months_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM referrals_monthreport WHERE state = 'signed') THEN
        RAISE EXCEPTION 'A signed month never changes.' USING ERRCODE = 'restrict_violation',
            CONSTRAINT = 'month_signed';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER referrals_months_kept BEFORE TRUNCATE ON referrals_monthreport FOR EACH STATEMENT
    EXECUTE FUNCTION referrals_months_kept();
"""
MAY_BE_EMPTIED = """
DROP TRIGGER referrals_months_kept ON referrals_monthreport;
DROP FUNCTION referrals_months_kept();
"""
