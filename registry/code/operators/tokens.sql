CREATE OR REPLACE VIEW tokens AS
  SELECT left(encode(k.hash, 'hex'), 16) AS token_id, k.group_name::text,
    CASE WHEN q.name LIKE 'token:%' THEN q.used END AS used,
         CASE WHEN q.name LIKE 'token:%' THEN q.max END AS uses, k.valid_until, k.created_at,
         k.created_by
  FROM token k LEFT JOIN quota q ON q.name = k.quota;
COMMENT ON VIEW tokens IS
  'The tokens made by create_token: the first 16 digits of their SHA-256, how often they were '
  'used, and until when they let devices in. uses is empty where it is not bounded.';
COMMENT ON COLUMN tokens.token_id IS 'The first 16 digits of its SHA-256: end_token takes it.';
COMMENT ON COLUMN tokens.used IS 'How many devices registered with it; empty: nobody counts.';
COMMENT ON COLUMN tokens.uses IS 'How many may; empty: no bound but that of its group.';
