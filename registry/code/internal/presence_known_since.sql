-- A will that the broker sends while no replica listens is lost. A link that began while another
-- one lasted leaves no gap.
CREATE OR REPLACE FUNCTION presence_known_since() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT max(ready_at) FROM (
    SELECT ready_at,
      max(until) OVER (ORDER BY ready_at RANGE BETWEEN UNBOUNDED PRECEDING
      AND '1 microsecond' PRECEDING) AS until_then FROM broker_link) n
  WHERE until_then IS NULL OR until_then < ready_at
$$;
COMMENT ON FUNCTION presence_known_since() IS
  'Since when at least one replica has listened without a gap. A will may have been lost before. '
  'NULL: no replica has listened yet.';
