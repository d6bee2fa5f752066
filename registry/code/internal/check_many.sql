CREATE OR REPLACE FUNCTION check_many(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF ids IS NULL OR cardinality(ids) > 10000 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = coalesce(cardinality(ids) || ' devices are too many for one act',
        'device_ids is NULL'),
      HINT = 'Give an array of at most 10000 ids: the service puts their devices off until the act '
        'is committed.';
  END IF;
END $$;
COMMENT ON FUNCTION check_many(text[]) IS
  'Internal: raises an error if an act names more devices than it may lock.';
