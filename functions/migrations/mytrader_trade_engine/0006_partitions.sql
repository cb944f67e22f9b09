-- What is kept how long, and the functions that make partitions ahead of time. They run with the owner's rights, because the
-- application's role may not create tables.
CREATE TABLE partition_retention_config (
    table_name     text    PRIMARY KEY,
    unit           text    NOT NULL CHECK (unit IN ('month', 'day')),
    keep_months    integer NOT NULL CHECK (keep_months > 0),
    archive_months integer NOT NULL CHECK (archive_months > 0 AND archive_months <= keep_months)
);

INSERT INTO partition_retention_config VALUES ('orders', 'month', 60, 12), ('trades', 'day', 36, 12);

GRANT SELECT ON partition_retention_config TO trade_engine_app, trade_engine_readonly;

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
    EXECUTE format(
        'WITH moved AS (DELETE FROM %I WHERE %I >= $1 AND %I < $2 RETURNING *) INSERT INTO %I SELECT * FROM moved',
        parent || '_default', partition_column, partition_column, child
    ) USING lower_bound, upper_bound;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, lower_bound, upper_bound);
    RETURN true;
END
$$;

-- The partitions from the given moment on, as far ahead as asked; returns how many had to be made.
CREATE FUNCTION ensure_partitions(moment timestamptz, months_ahead integer, days_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    made integer := 0;
BEGIN
    -- One at a time, or two runs would make the same partition.
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    FOR step IN 0..months_ahead LOOP
        made := made + ensure_partition('orders', 'created_at', 'month', date_trunc('month', moment) + step * interval '1 month')::integer;
    END LOOP;
    FOR step IN 0..days_ahead LOOP
        made := made + ensure_partition('trades', 'executed_at', 'day', date_trunc('day', moment) + step * interval '1 day')::integer;
    END LOOP;
    RETURN made;
END
$$;

REVOKE EXECUTE ON FUNCTION ensure_partition(text, text, text, timestamptz) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION ensure_partitions(timestamptz, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_partitions(timestamptz, integer, integer) TO trade_engine_app;

DO $$ BEGIN PERFORM ensure_partitions(now(), 12, 30); END $$;
