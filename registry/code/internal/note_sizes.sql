-- A repeat may name another size than the request that it repeats.
CREATE OR REPLACE FUNCTION note_sizes(b decided_request[], won int[], stale int[]) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  nowhere constant bytea := decode(repeat('00', 32), 'hex');  -- no endpoint has this digest
BEGIN
  UPDATE device d SET max_message_bytes = q.max_message_bytes,
      endpoint_given = CASE WHEN q.without_ca THEN nowhere ELSE d.endpoint_given END
    FROM unnest(b) q
    WHERE (q.i = ANY (won) OR (q.repeated IS NOT NULL AND NOT q.i = ANY (stale)))
      AND d.device_id = q.device_id
      AND (d.max_message_bytes IS DISTINCT FROM q.max_message_bytes
        OR (q.without_ca AND q.i = ANY (won)));
END $$;
COMMENT ON FUNCTION note_sizes(decided_request[], int[], int[]) IS
  'Internal: keeps how large a message the devices can take, and which of them were not given '
  'the anchors of their endpoint.';
