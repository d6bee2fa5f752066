-- Whoever locks a row locks its table as well, in a mode that says so; which row it is, only
-- waiting for it would tell. When its transaction began is shown to roles that may see it.
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
  'Service: sessions of other logins whose open transaction has locked devices, presence or '
  'quotas.';
