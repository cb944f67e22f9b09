-- Months of the ledger ahead of time; see the same functions of the trade database.
CREATE TABLE partition_retention_config (
    table_name     text    PRIMARY KEY,
    unit           text    NOT NULL CHECK (unit IN ('month', 'day')),
    -- NULL: for ever.
    keep_months    integer CHECK (keep_months > 0),
    archive_months integer NOT NULL CHECK (archive_months > 0)
);

INSERT INTO partition_retention_config VALUES ('ledger_postings', 'month', NULL, 12);

GRANT SELECT ON partition_retention_config TO wallet_app;

-- The partition of one month or day, made if it is missing: true if it was. Rows that fell into the default partition move into it.
CREATE FUNCTION ensure_partition(parent text, partition_column text, unit text, moment timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    lower_bound timestamptz := date_trunc(unit, moment);
    upper_bound timestamptz := date_trunc(unit, moment) + ('1 ' || unit)::interval;
    child text := parent || to_char(lower_bound, CASE unit WHEN 'month' THEN '_YYYY_MM' ELSE '_YYYY_MM_DD' END);
BEGIN
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
    -- Moving a row is no change of it: the guard of append-only tables steps aside for this statement only.
    EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', parent || '_default');
    EXECUTE format(
        'WITH moved AS (DELETE FROM %I WHERE %I >= $1 AND %I < $2 RETURNING *) INSERT INTO %I SELECT * FROM moved',
        parent || '_default', partition_column, partition_column, child
    ) USING lower_bound, upper_bound;
    EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', parent || '_default');
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, lower_bound, upper_bound);
    RETURN true;
END
$$;

-- The partitions from the given moment on; returns how many had to be made.
CREATE FUNCTION ensure_partitions(moment timestamptz, months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    made integer := 0;
BEGIN
    -- One at a time, or two runs would make the same partition.
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    FOR step IN 0..months_ahead LOOP
        made := made
            + ensure_partition('ledger_postings', 'created_at', 'month', date_trunc('month', moment) + step * interval '1 month')::integer;
    END LOOP;
    RETURN made;
END
$$;

REVOKE EXECUTE ON FUNCTION ensure_partition(text, text, text, timestamptz) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION ensure_partitions(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_partitions(timestamptz, integer) TO wallet_app;

DO $$ BEGIN PERFORM ensure_partitions(now(), 12); END $$;
