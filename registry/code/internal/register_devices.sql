-- If another commit inserts the same device, this one waits for it and has lost then.
CREATE OR REPLACE FUNCTION register_devices(placed placed_request[]) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  nowhere constant bytea := decode(repeat('00', 32), 'hex');  -- no endpoint has this digest
  won int[];
BEGIN
  WITH granted AS (
    SELECT (s.request).*, s.known FROM unnest(placed) s WHERE NOT s.beyond),
  ins AS (
    INSERT INTO device (device_id, group_name, enrolled_by, proof_key, quota, token_id, state,
                        generation, attributes, reported, requested_at, registered_at,
                        config_version, config_layers, config_digest, config_fault, endpoint,
                        endpoint_given, max_message_bytes)
    SELECT device_id, group_name, enrolled_by, proof_key, quota,
           CASE WHEN quota LIKE 'token:%' THEN substr(quota, 7) END, 'registered', 1,
           attributes, coalesce(reported, '{}'), received_at, now(),
           coalesce(config_version, 1), config_layers, config_digest, config_fault, endpoint,
           CASE WHEN without_ca THEN nowhere ELSE endpoint END, max_message_bytes
    FROM granted WHERE NOT known ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO NOTHING RETURNING device_id),
  upd AS (
    UPDATE device d SET
      generation = d.generation + 1,
      attributes = CASE q.attributes WHEN '{}' THEN d.attributes ELSE q.attributes END,
      -- What it reported before it registered is of another life.
      reported = CASE WHEN q.reported <> '{}' OR q.to_registered THEN coalesce(q.reported, '{}')
        ELSE d.reported END,
      credentials_sent_at = NULL,
      group_name = q.group_name,
      enrolled_by = q.enrolled_by,
      proof_key = CASE WHEN q.to_registered THEN q.proof_key ELSE d.proof_key END,
      quota = CASE WHEN q.to_registered THEN q.quota ELSE d.quota END,
      token_id = CASE WHEN NOT q.to_registered THEN d.token_id
        WHEN q.quota LIKE 'token:%' THEN substr(q.quota, 7) END,
      state = CASE WHEN q.to_registered THEN 'registered' ELSE d.state END,
      requested_at = CASE WHEN q.to_registered THEN coalesce(d.requested_at, q.received_at)
        ELSE d.requested_at END,
      registered_at = CASE WHEN q.to_registered THEN now() ELSE d.registered_at END,
      connected_at = CASE WHEN q.to_registered THEN NULL ELSE d.connected_at END,
      ready_at = CASE WHEN q.to_registered THEN NULL ELSE d.ready_at END,
      confirmed = CASE WHEN q.to_registered THEN 0
        ELSE coalesce(d.confirmed, confirmed_of(d.device_id)) END,
      waiting_digest = CASE WHEN q.to_registered THEN NULL ELSE d.waiting_digest END,
      waiting_since = CASE WHEN q.to_registered THEN NULL ELSE d.waiting_since END,
      approved_digest = CASE WHEN q.to_registered THEN NULL ELSE d.approved_digest END,
      rejected_digest = CASE WHEN q.to_registered THEN NULL ELSE d.rejected_digest END,
      -- A device that registers has applied nothing; one that rotates keeps what it acknowledged.
      applied_config_version = CASE WHEN q.to_registered THEN 0 ELSE d.applied_config_version END,
      config_version = coalesce(q.config_version, d.config_version),
      config_layers = q.config_layers,
      config_changed_at = CASE WHEN q.config_version > d.config_version THEN now()
        ELSE d.config_changed_at END,
      config_digest = q.config_digest,
      config_fault = q.config_fault,
      endpoint = q.endpoint,
      endpoint_given = CASE WHEN q.without_ca THEN nowhere
        WHEN q.to_registered THEN q.endpoint ELSE d.endpoint_given END,
      max_message_bytes = q.max_message_bytes
    FROM granted q WHERE q.known AND d.device_id = q.device_id
    RETURNING q.i)
  SELECT array(
    SELECT i FROM upd UNION ALL
    -- As an array: a join would compare each pair of rows.
    SELECT g.i FROM granted g WHERE g.device_id = ANY (array(SELECT device_id FROM ins)))
    INTO won;
  -- Also a session that is open has the rights of the new group from now on.
  UPDATE rights_entry e SET group_name = coalesce(q.group_name, ''),
      version = nextval('access_version'), untold = true
    FROM (SELECT (s.request).* FROM unnest(placed) s WHERE s.known) q
    WHERE q.i = ANY (won) AND e.device_id = q.device_id
      AND e.group_name <> coalesce(q.group_name, '');
  IF FOUND THEN PERFORM pg_notify('latchkey', 'access'); END IF;
  RETURN won;
END $$;
COMMENT ON FUNCTION register_devices(placed_request[]) IS
  'Internal: writes the devices of the granted requests. Returns the rows that it wrote.';
