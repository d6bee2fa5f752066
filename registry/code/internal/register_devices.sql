-- If another commit inserts the same device, this one waits for it and has lost then.
CREATE OR REPLACE FUNCTION register_devices(placed placed_request[]) RETURNS int[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE won int[];
BEGIN
  WITH granted AS (
    SELECT (s.request).*, s.known FROM unnest(placed) s WHERE NOT s.beyond),
  ins AS (
    INSERT INTO device (device_id, group_name, enrolled_by, proof_key, quota, state, generation,
                        attributes, reported, requested_at, registered_at, config_version,
                        config_layers, config_digest, config_fault, endpoint, endpoint_given)
    SELECT device_id, group_name, enrolled_by, proof_key, quota, 'registered', 1,
           attributes, coalesce(reported, '{}'), received_at, now(),
           coalesce(config_version, 1), config_layers, config_digest, config_fault, endpoint,
           endpoint
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
      state = CASE WHEN q.to_registered THEN 'registered' ELSE d.state END,
      requested_at = CASE WHEN q.to_registered THEN coalesce(d.requested_at, q.received_at)
        ELSE d.requested_at END,
      registered_at = CASE WHEN q.to_registered THEN now() ELSE d.registered_at END,
      connected_at = CASE WHEN q.to_registered THEN NULL ELSE d.connected_at END,
      ready_at = CASE WHEN q.to_registered THEN NULL ELSE d.ready_at END,
      confirmed = CASE WHEN q.to_registered THEN 0
        ELSE confirmed_of(d.device_id, d.confirmed) END,
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
      endpoint_given = CASE WHEN q.to_registered THEN q.endpoint ELSE d.endpoint_given END
    FROM granted q WHERE q.known AND d.device_id = q.device_id
    RETURNING q.i)
  SELECT array(
    SELECT i FROM upd UNION ALL
    SELECT g.i FROM granted g WHERE g.device_id IN (SELECT device_id FROM ins)) INTO won;
  RETURN won;
END $$;
COMMENT ON FUNCTION register_devices(placed_request[]) IS
  'Internal: writes the devices of the granted requests. Returns the rows that it wrote.';
