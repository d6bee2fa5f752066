CREATE OR REPLACE VIEW counted_rejections AS
  SELECT minute, nullif(group_name, '') AS group_name, code, sum(n)::bigint AS rejections
    FROM attempt_count GROUP BY 1, 2, 3;
COMMENT ON VIEW counted_rejections IS
  'Requests that the ledger only counted, a row for each minute, group and code: those beyond 10 a '
  'minute of one id and, of refused and waiting ones, beyond 100 a second of all ids.';
COMMENT ON COLUMN counted_rejections.code IS
  'The code of the answer; if it has none, the decision: challenge, repeated or pending.';
COMMENT ON COLUMN counted_rejections.rejections IS 'How many.';
