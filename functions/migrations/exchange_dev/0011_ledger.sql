-- The ledger: double entry, append-only, per currency.
--
-- An entry is one effect with a unique key; its postings are signed and sum to zero per currency. What users own is positive, what the
-- platform holds for them (custody) is therefore negative. User accounts never go below zero, platform accounts may.
-- ledger_post() is the only way in: nobody has the right to write these tables, and rows can be neither changed nor deleted.
CREATE TYPE transaction_type AS ENUM ('DEPOSIT', 'WITHDRAWAL', 'TRADE_BUY', 'TRADE_SELL', 'FEE', 'REFUND', 'ADMIN_ADJUSTMENT', 'DUST');

CREATE TABLE ledger_accounts (
    id         bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text           NOT NULL CHECK (
        kind IN ('spot', 'transit', 'custody:bank', 'custody:hot', 'custody:cold', 'fees', 'external', 'dust')
    ),
    -- The user; the nil UUID for the platform's own accounts.
    owner      uuid           NOT NULL,
    currency   varchar(10)    NOT NULL CHECK (currency ~ '^[A-Z0-9]{2,10}$'),
    balance    numeric(28, 8) NOT NULL DEFAULT 0,
    created_at timestamptz    NOT NULL DEFAULT now(),
    UNIQUE (owner, kind, currency),
    CONSTRAINT users_have_spot_and_transit CHECK (
        (kind IN ('spot', 'transit')) = (owner <> '00000000-0000-0000-0000-000000000000')
    ),
    CONSTRAINT user_accounts_are_never_negative CHECK (kind NOT IN ('spot', 'transit') OR balance >= 0)
);

CREATE INDEX ledger_accounts_kind_currency ON ledger_accounts (kind, currency);

CREATE TABLE ledger_entries (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    effect_key     text        NOT NULL UNIQUE CHECK (effect_key <> ''),
    why            text        NOT NULL,
    reference_type text        NOT NULL,
    reference_id   text        NOT NULL,
    metadata       jsonb,
    occurred_at    timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ledger_entries_reference ON ledger_entries (reference_id, reference_type);

-- By month. No foreign keys: ledger_post() makes entry, account and posting together, and a check per row would cost a third of its speed.
CREATE TABLE ledger_postings (
    entry_id      bigint           NOT NULL,
    line          smallint         NOT NULL,
    account_id    bigint           NOT NULL,
    -- Set on spot accounts only: the lines that make up a user's history.
    user_id       uuid,
    currency      varchar(10)      NOT NULL,
    type          transaction_type NOT NULL,
    amount        numeric(28, 8)   NOT NULL CHECK (amount <> 0),
    balance_after numeric(28, 8)   NOT NULL,
    created_at    timestamptz      NOT NULL,
    PRIMARY KEY (entry_id, line, created_at),
    CONSTRAINT users_are_never_negative CHECK (user_id IS NULL OR balance_after >= 0)
) PARTITION BY RANGE (created_at);

CREATE TABLE ledger_postings_default PARTITION OF ledger_postings DEFAULT;

CREATE INDEX ledger_postings_user_id_created_at ON ledger_postings (user_id, created_at DESC, entry_id DESC, line) WHERE user_id IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER ledger_entries_stay BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_postings_stay BEFORE UPDATE OR DELETE ON ledger_postings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_stay_whole BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_postings_stay_whole BEFORE TRUNCATE ON ledger_postings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Write entries with their postings. An entry whose key is known already is left out with all its legs.
--
-- Entries are parallel arrays; so are the accounts that the legs use (each once), and the legs, which point to both by place.
-- Amounts are units of 10^-8. Returns the keys that took effect.
CREATE FUNCTION ledger_post(
    entry_keys text[], entry_whys text[], entry_reference_types text[], entry_reference_ids text[],
    entry_metadata jsonb[], entry_moments timestamptz[],
    account_kinds text[], account_owners uuid[], account_currencies text[],
    leg_entries integer[], leg_accounts integer[], leg_types transaction_type[], leg_units numeric[]
) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entry_ids bigint[];
    account_ids bigint[];
    applied text[];
BEGIN
    IF EXISTS (SELECT FROM unnest(entry_keys) AS given(effect_key) GROUP BY effect_key HAVING count(*) > 1) THEN
        RAISE EXCEPTION 'an effect key is given twice' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM unnest(leg_entries, leg_accounts, leg_units) AS leg(entry, account, units)
        GROUP BY leg.entry, account_currencies[leg.account] HAVING sum(leg.units) <> 0
    ) THEN
        RAISE EXCEPTION 'postings do not sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    IF (SELECT count(DISTINCT leg.entry) FROM unnest(leg_entries) AS leg(entry)) <> cardinality(entry_keys) THEN
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

    -- Everybody locks in the same order, so that two writers wait for each other and never both.
    WITH locked AS (
        SELECT account.id, given.place
          FROM unnest(account_kinds, account_owners, account_currencies) WITH ORDINALITY AS given(kind, owner, currency, place)
          JOIN ledger_accounts account
            ON account.owner = given.owner AND account.kind = given.kind AND account.currency = given.currency
         ORDER BY account.id
           FOR NO KEY UPDATE OF account
    )
    SELECT array_agg(id ORDER BY place) INTO account_ids FROM locked;

    -- Balances are read by a statement of their own, after the locks: only then are they the last ones.
    WITH written AS (
        INSERT INTO ledger_postings (entry_id, line, account_id, user_id, currency, type, amount, balance_after, created_at)
        SELECT entry_ids[leg.entry],
               row_number() OVER (PARTITION BY leg.entry ORDER BY leg.place),
               account.id,
               CASE account.kind WHEN 'spot' THEN account.owner END,
               account.currency,
               leg.type,
               leg.units * 0.00000001,
               account.balance + sum(leg.units * 0.00000001) OVER (PARTITION BY account.id ORDER BY leg.place),
               entry_moments[leg.entry]
          FROM unnest(leg_entries, leg_accounts, leg_types, leg_units) WITH ORDINALITY AS leg(entry, account, type, units, place)
          JOIN ledger_accounts account ON account.id = account_ids[leg.account]
         WHERE entry_ids[leg.entry] IS NOT NULL
        RETURNING account_id, amount
    )
    UPDATE ledger_accounts account
       SET balance = account.balance + change.amount
      FROM (SELECT account_id, sum(amount) AS amount FROM written GROUP BY account_id) AS change
     WHERE account.id = change.account_id;
    RETURN applied;
END
$$;

REVOKE EXECUTE ON FUNCTION ledger_post(
    text[], text[], text[], text[], jsonb[], timestamptz[], text[], uuid[], text[], integer[], integer[], transaction_type[], numeric[]
) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_post(
    text[], text[], text[], text[], jsonb[], timestamptz[], text[], uuid[], text[], integer[], integer[], transaction_type[], numeric[]
) TO wallet_app, settlement_app;
GRANT SELECT ON ledger_accounts, ledger_entries, ledger_postings TO wallet_app, settlement_app;

-- What a user sees of the ledger, newest first by (created_at, entry_id, line).
CREATE VIEW transactions AS
SELECT posting.entry_id, posting.line, posting.user_id, posting.currency, posting.type, posting.amount,
       posting.balance_after - posting.amount AS balance_before, posting.balance_after,
       entry.reference_type, entry.reference_id, entry.why AS description, entry.metadata, posting.created_at
  FROM ledger_postings posting
  JOIN ledger_entries entry ON entry.id = posting.entry_id
 WHERE posting.user_id IS NOT NULL;

GRANT SELECT ON transactions TO wallet_app;
