-- A replica notes every 5 s that it listens; a lost connection is dated back by 30 s.
CREATE OR REPLACE FUNCTION page_replicas() RETURNS TABLE (service_version text, replicas bigint)
LANGUAGE sql STABLE AS $$
  SELECT service_version, count(*) FROM broker_link WHERE until > now() - interval '20 seconds'
  GROUP BY service_version ORDER BY service_version LIMIT 10
$$;
COMMENT ON FUNCTION page_replicas() IS
  'Service: counts the replicas that listen at the broker, by version (empty: one before 0046).';
