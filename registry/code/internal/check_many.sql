CREATE OR REPLACE FUNCTION check_many(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF ids IS NULL OR cardinality(ids) > 10000 THEN
    PERFORM refuse('22023', coalesce(cardinality(ids)::text, 'no') || ' devices at once',
      'An array of at most 10000: what an act has locked is put off until it is committed.');
  END IF;
END $$;
COMMENT ON FUNCTION check_many(text[]) IS
  'Internal: refuses an act on more devices than it may lock at once.';
