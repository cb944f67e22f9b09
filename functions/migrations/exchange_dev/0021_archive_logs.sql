-- Months of the audit and mail logs are copied to S3 as those of the ledger are. The two are no partitioned tables, because their rows are found by id
-- when a message is repeated: a month is a range of their time. Only what has a copy is deleted (the minute job).
GRANT SELECT ON audit_logs, email_logs TO wallet_app;

CREATE VIEW dated_logs AS
SELECT 'audit_logs'::text AS table_name, 'timestamp'::text AS time_column, 'timestamp, id'::text AS key_columns,
       24 AS keep_months, 6 AS archive_months, (SELECT min(timestamp) FROM audit_logs) AS oldest
UNION ALL
SELECT 'email_logs', 'created_at', 'created_at, message_id', 12, 3, (SELECT min(created_at) FROM email_logs);

CREATE OR REPLACE VIEW dated_partitions AS
SELECT c.relname::text AS partition_name, k.table_name, lower_bound, lower_bound + ('1 ' || k.unit)::interval AS upper_bound,
       k.time_column, k.key_columns, k.stamp_column, k.keep_months, k.archive_months
  FROM partition_retention_config k
  JOIN pg_inherits i ON i.inhparent = k.table_name::regclass
  JOIN pg_class c ON c.oid = i.inhrelid
 CROSS JOIN LATERAL (
     SELECT to_date(substring(c.relname FROM '_([0-9]{4}_[0-9]{2}(?:_[0-9]{2})?)$'),
                    CASE k.unit WHEN 'month' THEN 'YYYY_MM' ELSE 'YYYY_MM_DD' END)::timestamp AT TIME ZONE 'UTC' AS lower_bound
 ) AS named
 WHERE lower_bound IS NOT NULL
UNION ALL
SELECT l.table_name || to_char(month, '_YYYY_MM'), l.table_name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC',
       l.time_column, l.key_columns, '', l.keep_months, l.archive_months
  FROM dated_logs l
 CROSS JOIN LATERAL generate_series(
     date_trunc('month', l.oldest AT TIME ZONE 'UTC'), date_trunc('month', now() AT TIME ZONE 'UTC'), interval '1 month'
 ) AS month;

CREATE OR REPLACE FUNCTION partition_stamp(partition text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    known dated_partitions%ROWTYPE;
    stamp text;
BEGIN
    SELECT * INTO STRICT known FROM dated_partitions WHERE partition_name = partition;
    IF known.stamp_column = '' THEN -- a month of a log: rows are only added
        EXECUTE format('SELECT count(*) || '':0'' FROM %I WHERE %I >= $1 AND %I < $2', known.table_name, known.time_column, known.time_column)
           INTO stamp USING known.lower_bound, known.upper_bound;
    ELSE
        EXECUTE format('SELECT count(*) || '':'' || coalesce(sum(%I), 0) FROM %I', known.stamp_column, partition) INTO stamp;
    END IF;
    RETURN stamp;
END
$$;
