-- A repeat may name another size than the request that it repeats.
CREATE OR REPLACE FUNCTION note_sizes(b decided_request[], stale int[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE device d SET max_message_bytes = q.max_message_bytes
    FROM unnest(b) q
    WHERE q.repeated IS NOT NULL AND NOT q.i = ANY (stale) AND d.device_id = q.device_id
      AND d.max_message_bytes IS DISTINCT FROM q.max_message_bytes;
END $$;
COMMENT ON FUNCTION note_sizes(decided_request[], int[]) IS
  'Internal: keeps how large a message the devices can take whose answers are repeated.';
