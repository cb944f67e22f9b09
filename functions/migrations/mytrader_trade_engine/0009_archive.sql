-- Old partitions are copied to S3, and dropped when their time is over and the copy is known to be whole.
ALTER TABLE partition_retention_config
    ADD COLUMN time_column text NOT NULL DEFAULT 'created_at',
    ADD COLUMN key_columns text NOT NULL DEFAULT '',
    -- Grows with every change of a row: sums of it tell whether a partition is still what was copied.
    ADD COLUMN stamp_column text NOT NULL DEFAULT '';

UPDATE partition_retention_config SET time_column = 'created_at', key_columns = 'created_at, order_id', stamp_column = 'last_seq'
 WHERE table_name = 'orders';
UPDATE partition_retention_config SET time_column = 'executed_at', key_columns = 'executed_at, trade_id', stamp_column = 'number'
 WHERE table_name = 'trades';

-- Copies that were read back and found whole.
CREATE TABLE partition_archive (
    partition_name text        PRIMARY KEY,
    table_name     text        NOT NULL,
    object_key     text        NOT NULL,
    row_count      bigint      NOT NULL CHECK (row_count >= 0),
    -- SHA-256 of the CSV, uncompressed.
    sha256         text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- What partition_stamp said of the rows that were copied.
    stamp          text        NOT NULL,
    archived_at    timestamptz NOT NULL,
    dropped_at     timestamptz
);

GRANT SELECT, INSERT, UPDATE, DELETE ON partition_archive TO trade_engine_app;
GRANT SELECT ON partition_archive TO trade_engine_readonly;

-- The partitions that have a time in their name, and that time, in UTC.
CREATE VIEW dated_partitions AS
SELECT c.relname::text AS partition_name, k.table_name, lower_bound, lower_bound + ('1 ' || k.unit)::interval AS upper_bound,
       k.time_column, k.key_columns, k.stamp_column, k.keep_months, k.archive_months
  FROM partition_retention_config k
  JOIN pg_inherits i ON i.inhparent = k.table_name::regclass
  JOIN pg_class c ON c.oid = i.inhrelid
 CROSS JOIN LATERAL (
     SELECT to_date(substring(c.relname FROM '_([0-9]{4}_[0-9]{2}(?:_[0-9]{2})?)$'),
                    CASE k.unit WHEN 'month' THEN 'YYYY_MM' ELSE 'YYYY_MM_DD' END)::timestamp AT TIME ZONE 'UTC' AS lower_bound
 ) AS named
 WHERE lower_bound IS NOT NULL;

GRANT SELECT ON dated_partitions TO trade_engine_app, trade_engine_readonly;

-- Count and sum of the rows of a partition: another value means that they have changed.
CREATE FUNCTION partition_stamp(partition text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known dated_partitions%ROWTYPE;
    stamp text;
BEGIN
    SELECT * INTO STRICT known FROM dated_partitions WHERE partition_name = partition;
    EXECUTE format('SELECT count(*) || '':'' || coalesce(sum(%I), 0) FROM %I', known.stamp_column, partition) INTO stamp;
    RETURN stamp;
END
$$;

-- Detach and drop one partition: 'dropped'; 'changed' when it is no longer what was copied; 'live' while an order of it can still trade.
-- Younger ones than the table of retention says, and ones without a copy, are never dropped, whoever asks.
CREATE FUNCTION drop_archived_partition(partition text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known dated_partitions%ROWTYPE;
    copied partition_archive%ROWTYPE;
    live boolean := false;
BEGIN
    SELECT * INTO STRICT known FROM dated_partitions WHERE partition_name = partition;
    SELECT * INTO STRICT copied FROM partition_archive WHERE partition_name = partition AND dropped_at IS NULL FOR UPDATE;
    IF known.upper_bound > now() - make_interval(months => known.keep_months) THEN
        RAISE EXCEPTION '% is kept for % months', partition, known.keep_months;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', known.table_name);
    IF partition_stamp(partition) <> copied.stamp THEN
        RETURN 'changed';
    END IF;
    IF known.table_name = 'orders' THEN
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE status < ''FILLED'')', partition) INTO live;
    END IF;
    IF live THEN
        RETURN 'live';
    END IF;
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', known.table_name, partition);
    EXECUTE format('DROP TABLE %I', partition);
    UPDATE partition_archive SET dropped_at = now() WHERE partition_name = partition;
    RETURN 'dropped';
END
$$;

REVOKE EXECUTE ON FUNCTION partition_stamp(text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION drop_archived_partition(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION partition_stamp(text) TO trade_engine_app;
GRANT EXECUTE ON FUNCTION drop_archived_partition(text) TO trade_engine_app;
