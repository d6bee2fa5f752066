CREATE OR REPLACE FUNCTION each_once(ids text[]) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT DISTINCT id COLLATE "C" FROM unnest(ids) id ORDER BY 1
$$;
COMMENT ON FUNCTION each_once(text[]) IS
  'Internal: the distinct ids of an act on many devices, in the order in which devices are locked.';
