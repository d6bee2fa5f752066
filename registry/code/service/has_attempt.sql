CREATE OR REPLACE FUNCTION has_attempt(id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM attempt WHERE tracking_id = id) $$;
COMMENT ON FUNCTION has_attempt(uuid) IS
  'Service: false if the ledger lacks a request that was committed, because this server is a '
  'standby that was promoted, or a backup.';
