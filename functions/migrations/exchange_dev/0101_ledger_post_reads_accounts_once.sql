-- ledger_post() looked for the account of every leg by an index, in the middle of versions that its own transaction had made. Now it reads each account
-- once, where it locks it: what FOR NO KEY UPDATE returns is the last version. Legs find the rest in the arrays that were given.
CREATE OR REPLACE FUNCTION ledger_post(
    entry_keys text[], entry_whys text[], entry_reference_types text[], entry_reference_ids text[],
    entry_metadata jsonb[], entry_moments timestamptz[],
    account_kinds text[], account_owners uuid[], account_currencies text[],
    leg_entries integer[], leg_accounts integer[], leg_types transaction_type[], leg_units numeric[]
) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    posted_entries bigint;
    zero boolean;
    entry_ids bigint[];
    account_ids bigint[];
    account_balances numeric[];
    applied text[];
BEGIN
    IF EXISTS (SELECT FROM unnest(entry_keys) AS given(effect_key) GROUP BY effect_key HAVING count(*) > 1) THEN
        RAISE EXCEPTION 'an effect key is given twice' USING ERRCODE = 'check_violation';
    END IF;
    SELECT count(DISTINCT of_currency.entry), bool_and(of_currency.units = 0) INTO posted_entries, zero
      FROM (SELECT leg.entry, sum(leg.units) AS units
              FROM unnest(leg_entries, leg_accounts, leg_units) AS leg(entry, account, units)
             GROUP BY leg.entry, account_currencies[leg.account]) AS of_currency;
    IF NOT zero THEN
        RAISE EXCEPTION 'postings do not sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    IF posted_entries <> cardinality(entry_keys) THEN
        RAISE EXCEPTION 'an entry has no postings' USING ERRCODE = 'check_violation';
    END IF;

    WITH fresh AS (
        INSERT INTO ledger_entries (effect_key, why, reference_type, reference_id, metadata, occurred_at)
        SELECT given.* FROM unnest(entry_keys, entry_whys, entry_reference_types, entry_reference_ids, entry_metadata, entry_moments) AS given
        ON CONFLICT (effect_key) DO NOTHING
        RETURNING id, effect_key
    )
    SELECT array_agg(fresh.id ORDER BY given.place), array_agg(fresh.effect_key) FILTER (WHERE fresh.id IS NOT NULL)
      INTO entry_ids, applied
      FROM unnest(entry_keys) WITH ORDINALITY AS given(effect_key, place)
      LEFT JOIN fresh USING (effect_key);
    IF applied IS NULL THEN
        RETURN ARRAY[]::text[];
    END IF;

    INSERT INTO ledger_accounts (kind, owner, currency)
    SELECT given.kind, given.owner, given.currency
      FROM unnest(account_kinds, account_owners, account_currencies) AS given(kind, owner, currency)
     WHERE NOT EXISTS (
           SELECT FROM ledger_accounts known
            WHERE known.owner = given.owner AND known.kind = given.kind AND known.currency = given.currency)
     ORDER BY given.owner, given.kind, given.currency
        ON CONFLICT DO NOTHING;

    -- All writers lock in the same order, so that two of them wait for each other and never both.
    WITH locked AS (
        SELECT account.id, account.balance, given.place
          FROM unnest(account_kinds, account_owners, account_currencies) WITH ORDINALITY AS given(kind, owner, currency, place)
          JOIN ledger_accounts account
            ON account.owner = given.owner AND account.kind = given.kind AND account.currency = given.currency
         ORDER BY account.id
           FOR NO KEY UPDATE OF account
    )
    SELECT array_agg(id ORDER BY place), array_agg(balance ORDER BY place) INTO account_ids, account_balances FROM locked;

    INSERT INTO ledger_postings (entry_id, line, account_id, user_id, currency, type, amount, balance_after, created_at)
    SELECT entry_ids[leg.entry],
           row_number() OVER (PARTITION BY leg.entry ORDER BY leg.place),
           account_ids[leg.account],
           CASE account_kinds[leg.account] WHEN 'spot' THEN account_owners[leg.account] END,
           account_currencies[leg.account],
           leg.type,
           leg.units * 0.00000001,
           account_balances[leg.account]
               + sum(leg.units) OVER (PARTITION BY leg.account ORDER BY leg.place ROWS UNBOUNDED PRECEDING) * 0.00000001,
           entry_moments[leg.entry]
      FROM unnest(leg_entries, leg_accounts, leg_types, leg_units) WITH ORDINALITY AS leg(entry, account, type, units, place)
     WHERE entry_ids[leg.entry] IS NOT NULL;

    UPDATE ledger_accounts account
       SET balance = account.balance + change.units * 0.00000001
      FROM (SELECT account_ids[leg.account] AS id, sum(leg.units) AS units
              FROM unnest(leg_entries, leg_accounts, leg_units) AS leg(entry, account, units)
             WHERE entry_ids[leg.entry] IS NOT NULL
             GROUP BY leg.account) AS change
     WHERE account.id = change.id;
    RETURN applied;
END
$$;

-- Balances change with every batch: a new version finds room on its own page, and no index has to be told.
ALTER TABLE ledger_accounts SET (fillfactor = 50);
ALTER TABLE wallets SET (fillfactor = 50);

-- Without statistics the planner took this index for an account of a user, and read all accounts of the currency for each. The platform's accounts are
-- found by their owner.
DROP INDEX ledger_accounts_kind_currency;
