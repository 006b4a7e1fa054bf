"""The triggers that let the access log only grow. The first migration installs them."""

GUARD = """
CREATE FUNCTION privacy_access_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.seq IS NULL AND NEW.seq IS NOT NULL AND to_jsonb(NEW) - '{seq,prev_hash,hash}'::text[]
                                                     = to_jsonb(OLD) - '{seq,prev_hash,hash}'::text[]
        THEN
            RETURN NEW;  -- chained, once
        END IF;
    END IF;
    RAISE EXCEPTION 'The access log only grows: % refused.', TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER privacy_access_log_rows BEFORE UPDATE OR DELETE ON privacy_accessevent
    FOR EACH ROW EXECUTE FUNCTION privacy_access_log_only_grows();
CREATE TRIGGER privacy_access_log_born_unchained BEFORE INSERT ON privacy_accessevent
    FOR EACH ROW WHEN (NEW.seq IS NOT NULL) EXECUTE FUNCTION privacy_access_log_only_grows();
CREATE TRIGGER privacy_access_log_truncate BEFORE TRUNCATE ON privacy_accessevent
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_access_log_only_grows();

CREATE FUNCTION privacy_chain_head_only_advances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.key = OLD.key AND NEW.seq > OLD.seq THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The head of a chain only advances: % refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER privacy_chain_head_rows BEFORE UPDATE OR DELETE ON privacy_chainhead
    FOR EACH ROW EXECUTE FUNCTION privacy_chain_head_only_advances();
CREATE TRIGGER privacy_chain_head_truncate BEFORE TRUNCATE ON privacy_chainhead
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_chain_head_only_advances();
"""

UNGUARD = """
DROP TRIGGER privacy_access_log_rows ON privacy_accessevent;
DROP TRIGGER privacy_access_log_born_unchained ON privacy_accessevent;
DROP TRIGGER privacy_access_log_truncate ON privacy_accessevent;
DROP TRIGGER privacy_chain_head_rows ON privacy_chainhead;
DROP TRIGGER privacy_chain_head_truncate ON privacy_chainhead;
DROP FUNCTION privacy_access_log_only_grows();
DROP FUNCTION privacy_chain_head_only_advances();
"""
