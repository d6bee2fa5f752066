CREATE OR REPLACE VIEW tokens AS
  SELECT left(encode(k.hash, 'hex'), 16) AS token_id, k.group_name::text,
    CASE WHEN q.name LIKE 'token:%' THEN q.used END AS used,
         CASE WHEN q.name LIKE 'token:%' THEN q.max END AS uses, k.valid_until, k.created_at,
         k.created_by
  FROM token k LEFT JOIN quota q ON q.name = k.quota;
COMMENT ON VIEW tokens IS
  'The tokens that create_token made: how often each was used, and until when devices may '
  'register with it.';
COMMENT ON COLUMN tokens.token_id IS
  'The first 16 hexadecimal digits of its SHA-256, for end_token.';
COMMENT ON COLUMN tokens.used IS
  'How many devices registered with it; empty: it has no limit, so they are not counted.';
COMMENT ON COLUMN tokens.uses IS
  'How many devices may register with it; empty: no limit beside that of its group.';
