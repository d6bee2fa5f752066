-- Locks in one order for everybody: quotas by name, known devices by id; new devices follow by id.
-- By `= ANY (array)`, which leaves the planner no way but the index.
CREATE OR REPLACE FUNCTION lock_for_commit(b decided_request[]) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE quotas text[];
BEGIN
  quotas := array(
    SELECT q.quota FROM unnest(b) q WHERE q.decision = 'accepted' AND q.to_registered
    UNION
    SELECT d.quota FROM unnest(b) q JOIN device d ON d.device_id = q.device_id
      WHERE q.decision = 'accepted' AND q.to_registered AND q.expected IS NOT NULL);
  quotas := array(SELECT unnest(ARRAY[t.name, t.parent]) FROM quota t WHERE t.name = ANY (quotas));
  PERFORM FROM quota WHERE name = ANY (quotas) ORDER BY name FOR UPDATE;
  PERFORM FROM device WHERE device_id = ANY (array(
      SELECT q.device_id FROM unnest(b) q
      WHERE q.expected IS NOT NULL AND q.decision IN ('accepted', 'pending')))
    ORDER BY device_id FOR NO KEY UPDATE;
END $$;
COMMENT ON FUNCTION lock_for_commit(decided_request[]) IS
  'Internal: locks what commit_requests changes, in the order that everybody keeps.';
