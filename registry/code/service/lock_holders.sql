-- A session that locks rows also locks their table, in a mode that shows it. Which rows they are
-- only waiting for them would tell. xact_start is empty for a role that may not see it.
CREATE OR REPLACE FUNCTION lock_holders() RETURNS TABLE (pid int, login text, since bigint)
LANGUAGE sql STABLE AS $$
  SELECT a.pid, a.usename::text, micros(coalesce(a.xact_start, clock_timestamp()))
  FROM pg_stat_activity a WHERE a.datname = current_database() AND a.usename <> session_user
    AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.granted
      AND l.locktype = 'relation' AND l.database = a.datid
      AND l.relation = ANY ('{registry.device,registry.quota,registry.presence}'::regclass[])
      AND l.mode NOT IN ('AccessShareLock', 'ShareUpdateExclusiveLock'))
    LIMIT 10
$$;
COMMENT ON FUNCTION lock_holders() IS
  'Service: returns the sessions of other logins whose open transaction keeps devices, presence '
  'or quotas locked.';
