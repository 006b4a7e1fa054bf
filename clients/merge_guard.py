"""A merge and a row being written for the record that is folded in never miss each other (B-21).

The trigger asks, under a lock the merge waits for, who stands for the person today, and writes that
person into the row. Tables of later migrations get it by calling `clients_guard_merges()` again.
"""

#: Files write these by the hundred thousand; what is under way during a merge is gathered after it.
BULK = ("clients_monthlybalance", "clients_holding", "clients_downgraderead")

NAMES_A_CLIENT = """
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
   WHERE c.contype = 'f' AND c.confrelid = 'clients_client'::regclass AND a.attname = 'client_id'"""
FOLLOWS = """EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.conrelid
          AND t.tgname = c.conrelid::regclass::text || '_follows')"""

FUNCTIONS = f"""
CREATE FUNCTION clients_standing(person bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE further bigint;
BEGIN
    LOOP
        SELECT merged_into_id INTO further FROM clients_client WHERE id = person FOR KEY SHARE;
        IF further IS NULL THEN
            RETURN person;
        END IF;
        person := further;
    END LOOP;
END $$;

CREATE FUNCTION clients_follow_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.client_id IS NOT NULL THEN
        NEW.client_id := clients_standing(NEW.client_id);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION clients_guard_merges() RETURNS void LANGUAGE plpgsql AS $$
DECLARE place text;
BEGIN
    FOR place IN
        SELECT c.conrelid::regclass::text {NAMES_A_CLIENT}
           AND c.conrelid::regclass::text NOT IN {BULK} AND NOT {FOLLOWS}
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %s FOR EACH ROW'
                       ' EXECUTE FUNCTION clients_follow_client()', place || '_follows', place);
    END LOOP;
END $$;
"""
DROP = """
DROP FUNCTION clients_guard_merges();
DROP FUNCTION clients_follow_client() CASCADE;
DROP FUNCTION clients_standing(bigint);
"""
