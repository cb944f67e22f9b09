-- What the minute job measures of the server. The owner may read its statistics, whoever asks gets sums only: no statement of others, no value.
CREATE FUNCTION server_connections() RETURNS TABLE (state text, clients integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT coalesce(state, 'unknown'), count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1
$$;

CREATE FUNCTION statement_times() RETURNS TABLE (table_name text, calls bigint, milliseconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT first_table, sum(calls)::bigint, sum(total_exec_time)
      FROM (SELECT substring(lower(query) FROM '(?:from|into|update)\s+"?([a-z_]+)') AS first_table, calls, total_exec_time
              FROM pg_stat_statements
             WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) AS statements
     WHERE to_regclass(first_table) IS NOT NULL AND first_table NOT LIKE 'pg\_%' AND first_table NOT LIKE '%yoyo%' AND first_table NOT LIKE '%\_default'
     GROUP BY first_table
$$;

REVOKE EXECUTE ON FUNCTION server_connections(), statement_times() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION server_connections(), statement_times() TO trade_engine_app;
