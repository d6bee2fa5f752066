CREATE OR REPLACE VIEW counted_rejections AS
  SELECT minute, nullif(group_name, '') AS group_name, code, sum(n)::bigint AS rejections
    FROM attempt_count GROUP BY 1, 2, 3;
COMMENT ON VIEW counted_rejections IS
  'Requests that the ledger only counted, a row a minute, group and code: what came beyond 10 a '
  'minute of one id or, of what was refused or waits, 100 a second of all.';
COMMENT ON COLUMN counted_rejections.code IS
  'The code in the answer; where it has none, the decision: challenge, repeated or pending.';
COMMENT ON COLUMN counted_rejections.rejections IS 'How many.';
