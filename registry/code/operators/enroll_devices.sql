CREATE OR REPLACE FUNCTION enroll_devices(devices jsonb) RETURNS TABLE (i int, device_id text,
  outcome text, reason text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF jsonb_typeof(devices) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'devices is no JSON array but ' || coalesce(jsonb_typeof(devices), 'NULL'),
      HINT = 'For example [{"device_id": "meter-1", "proof": "group", "group": "meters"}, '
        '...].';
  ELSIF jsonb_array_length(devices) > 100000 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s devices are too many for one call', jsonb_array_length(devices)),
      HINT = 'One call takes at most 100000: split them.';
  END IF;
  RETURN QUERY
  WITH given AS (
    SELECT n::int AS i, row_number() OVER (PARTITION BY e->>'device_id' ORDER BY n) AS nth, e,
      e->>'device_id' AS device_id,
           e->>'proof' AS proof, e->>'group' AS group_name, coalesce(e->'config', '{}') AS config,
           bytes_in(e->>'material') AS material
    FROM jsonb_array_elements(devices) WITH ORDINALITY AS x(e, n)),
  checked AS (
    SELECT v.*, CASE
      WHEN jsonb_typeof(e) <> 'object' THEN 'it is no JSON object'
      WHEN (SELECT count(*)
        FROM jsonb_object_keys(CASE jsonb_typeof(e) WHEN 'object' THEN e ELSE '{}' END) k
            WHERE k NOT IN ('device_id', 'proof', 'material', 'group', 'config')) > 0
        THEN 'it has an unknown member: known are device_id, proof, material, group and config'
      WHEN v.device_id IS NULL OR octet_length(v.device_id) > 64
          OR v.device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]*$'
        THEN 'its device_id is missing or no device id'
      WHEN nth > 1 THEN 'it is twice in this call'
      WHEN v.proof IS NULL OR NOT v.proof = ANY (proofs(false) || 'group'::text)
        THEN 'its proof is missing or no proof for a device'
      WHEN v.group_name IS NOT NULL AND g.name IS NULL THEN 'there is no such group'
      WHEN v.proof = 'group' AND (v.group_name IS NULL OR e ? 'material')
        THEN 'the proof group needs a group and no material'
      WHEN v.proof <> 'group' AND e->>'material' IS NULL THEN 'the material is missing'
      WHEN v.proof <> 'group' AND coalesce(v.material, '') = ''
        THEN 'the material is neither \x with hexadecimal digits nor PEM'
      WHEN octet_length(v.material) > 8192 THEN 'the material has more than 8192 bytes'
      WHEN v.proof = 'token' AND octet_length(v.material) <> 32
        THEN 'the material of a token is its SHA-256'
      WHEN v.proof = 'public_key' AND get_byte(v.material, 0) <> 48
        THEN 'the material is no public key (SubjectPublicKeyInfo)'
      WHEN v.proof = 'x509' AND octet_length(v.material) <> 32 AND NOT is_certificate(v.material)
        THEN 'the material is neither a certificate nor its SHA-256'
      WHEN jsonb_typeof(v.config) <> 'object' THEN 'the config is no JSON object'
      WHEN octet_length(v.config::text) > 3072 THEN 'the config has more than 3072 bytes'
      WHEN registered_by_other(v.device_id, v.proof, v.group_name) IS NOT NULL
        THEN 'it is registered by ' || registered_by_other(v.device_id, v.proof, v.group_name)
          || ': reset it first'
    END AS wrong
    FROM given v LEFT JOIN enrollment_group g ON g.name = v.group_name),
  ins AS (
    INSERT INTO enrollment (device_id, group_name, proof, material, config)
    SELECT c.device_id, c.group_name, c.proof,
      CASE WHEN c.proof = 'x509' AND octet_length(c.material) <> 32 THEN sha256(c.material)
      ELSE c.material END, c.config
    FROM checked c WHERE wrong IS NULL ORDER BY c.device_id COLLATE "C"
    ON CONFLICT DO NOTHING RETURNING device_id, group_name),
  logged AS (INSERT INTO event (device_id, group_name, action) SELECT ins.device_id,
    ins.group_name, 'enroll_device' FROM ins)
  SELECT c.i, c.device_id,
    CASE WHEN wrong IS NOT NULL THEN 'refused' WHEN ins.device_id IS NULL THEN 'exists'
    ELSE 'enrolled' END,
         CASE WHEN wrong IS NOT NULL THEN wrong WHEN ins.device_id IS NULL
           THEN 'it is enrolled already; nothing was changed' END
  FROM checked c LEFT JOIN ins ON wrong IS NULL AND ins.device_id = c.device_id ORDER BY c.i;
  PERFORM analyze_filled('enrollment', jsonb_array_length(devices));
END $$;
COMMENT ON FUNCTION enroll_devices(jsonb) IS
  'Enrols up to 100000 devices: an array of {"device_id", "proof", "material", "group", '
  '"config"}; material is \x and hexadecimal digits, or PEM. Returns a row for each: enrolled, '
  'exists or refused, and why.';
