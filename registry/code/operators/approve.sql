CREATE OR REPLACE FUNCTION approve(INOUT device_id text, reason text DEFAULT NULL,
  OUT group_name text, OUT decision text, OUT waiting_since timestamptz) LANGUAGE sql
  AS $$ SELECT * FROM settle_waiting($1, true, checked_reason('approve', $2)) $$;
COMMENT ON FUNCTION approve(text, text) IS
  'Approves the request that the device waits with (digest in pending_approvals). The device gets '
  'its credential when it sends the same request again, which it does within a minute.';
