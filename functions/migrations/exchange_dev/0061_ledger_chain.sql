-- The ledger is chained by hashes like the audit trail (0060), but afterwards: a link that is written with each entry would make all postings wait for each
-- other. The minute job seals what was committed since; mycrypto/hash_chain.py computes the hashes again outside of the database.
CREATE TABLE ledger_chain (
    number   bigint NOT NULL PRIMARY KEY CHECK (number > 0),
    entry_id bigint NOT NULL UNIQUE,
    hash     bytea  NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE ledger_chain_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    number   bigint  NOT NULL,
    hash     bytea   NOT NULL CHECK (length(hash) = 32),
    -- Every entry up to this one is sealed: the search begins after it.
    sealed_to bigint NOT NULL
);
INSERT INTO ledger_chain_head (number, hash, sealed_to) VALUES (0, sha256(''), 0);

-- The texts of an entry and of its lines in their order.
CREATE FUNCTION ledger_chain_content(entry ledger_entries) RETURNS text[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT ARRAY[entry.id::text, entry.effect_key, entry.why, entry.reference_type, entry.reference_id, entry.metadata::text,
                 (extract(epoch FROM entry.occurred_at) * 1000000)::bigint::text]
        || array_agg(part ORDER BY line, place)
      FROM ledger_postings
     CROSS JOIN LATERAL unnest(ARRAY[
               line::text, account_id::text, user_id::text, currency::text, type::text, amount::text, balance_after::text,
               (extract(epoch FROM created_at) * 1000000)::bigint::text
           ]) WITH ORDINALITY AS parts (part, place)
     WHERE entry_id = entry.id AND created_at = entry.occurred_at
$$;

-- Seal at most so many entries; returns how many. An entry may be committed after one with a higher id: it is sealed when it is there.
CREATE FUNCTION ledger_chain_seal(entries_max integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head    ledger_chain_head%ROWTYPE;
    entry   ledger_entries%ROWTYPE;
    begun   bigint;
    content text;
BEGIN
    SELECT * INTO STRICT head FROM ledger_chain_head FOR UPDATE;
    begun := head.number;
    FOR entry IN
        SELECT found.* FROM ledger_entries found
         WHERE found.id > head.sealed_to AND NOT EXISTS (SELECT FROM ledger_chain link WHERE link.entry_id = found.id)
         ORDER BY found.id LIMIT entries_max
    LOOP
        SELECT string_agg(chain_part(part), '' ORDER BY place) INTO content
          FROM unnest(ledger_chain_content(entry)) WITH ORDINALITY AS parts (part, place);
        head.number := head.number + 1;
        head.hash := sha256(head.hash || convert_to(content, 'UTF8'));
        INSERT INTO ledger_chain (number, entry_id, hash) VALUES (head.number, entry.id, head.hash);
    END LOOP;
    IF head.number > begun THEN
        -- no transaction takes ten minutes: what is older and not there will not come
        SELECT coalesce(max(link.entry_id), head.sealed_to) INTO head.sealed_to
          FROM ledger_chain link JOIN ledger_entries found ON found.id = link.entry_id
         WHERE link.entry_id > head.sealed_to AND found.created_at < now() - interval '10 minutes';
    END IF;
    UPDATE ledger_chain_head SET number = head.number, hash = head.hash, sealed_to = head.sealed_to WHERE head.number > begun;
    RETURN head.number - begun;
END
$$;
REVOKE EXECUTE ON FUNCTION ledger_chain_seal(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_chain_seal(integer) TO wallet_app;

CREATE TRIGGER ledger_chain_stays BEFORE UPDATE OR DELETE ON ledger_chain FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_chain_stays_whole BEFORE TRUNCATE ON ledger_chain FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON ledger_chain, ledger_chain_head TO auth_app, wallet_app;

-- How far the nightly proof has computed the chains again: the next one goes on from there, and on Sundays begins at the beginning.
CREATE TABLE chain_proofs (
    chain     text        PRIMARY KEY,
    number    bigint      NOT NULL,
    hash      bytea       NOT NULL CHECK (length(hash) = 32),
    proved_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON chain_proofs TO wallet_app;
