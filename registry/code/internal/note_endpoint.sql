CREATE OR REPLACE FUNCTION note_endpoint(endpoint jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO known_endpoint
    SELECT sha256(convert_to(endpoint::text, 'UTF8')), endpoint WHERE endpoint IS NOT NULL
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION note_endpoint(jsonb) IS
  'Internal: keeps an endpoint, so that the device that was told it can be recognized there.';
