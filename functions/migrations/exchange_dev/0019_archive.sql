-- Months of the ledger are copied to S3 and stay; see the same table, view and function of the trade database.
ALTER TABLE partition_retention_config
    ADD COLUMN time_column text NOT NULL DEFAULT 'created_at',
    ADD COLUMN key_columns text NOT NULL DEFAULT '',
    ADD COLUMN stamp_column text NOT NULL DEFAULT '';

UPDATE partition_retention_config SET time_column = 'created_at', key_columns = 'created_at, entry_id, line', stamp_column = 'entry_id'
 WHERE table_name = 'ledger_postings';

CREATE TABLE partition_archive (
    partition_name text        PRIMARY KEY,
    table_name     text        NOT NULL,
    object_key     text        NOT NULL,
    row_count      bigint      NOT NULL CHECK (row_count >= 0),
    sha256         text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    stamp          text        NOT NULL,
    archived_at    timestamptz NOT NULL,
    dropped_at     timestamptz
);

GRANT SELECT, INSERT, UPDATE, DELETE ON partition_archive TO wallet_app;

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

GRANT SELECT ON dated_partitions TO wallet_app;

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

REVOKE EXECUTE ON FUNCTION partition_stamp(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION partition_stamp(text) TO wallet_app;
