-- How large a message a device can take.

ALTER TABLE device ADD COLUMN max_message_bytes int;
-- NOT VALID: no row has one yet, and the table is long.
ALTER TABLE device ADD CONSTRAINT device_max_message_bytes_check
  CHECK (max_message_bytes BETWEEN 2048 AND 16384) NOT VALID;
COMMENT ON COLUMN device.max_message_bytes IS
  'The largest MQTT payload that it can take, of the last request that got a credential; empty: '
  'the request named none.';
COMMENT ON COLUMN device.endpoint_given IS
  'SHA-256 of the endpoint that it was last given, as endpoint has it; only zeros: it has to be '
  'given it again, since its answer had no room for the anchors.';

ALTER TYPE decided_request ADD ATTRIBUTE max_message_bytes int, ADD ATTRIBUTE without_ca boolean;

-- The code pass makes it anew, with a further column.
DROP FUNCTION IF EXISTS load_statuses_2(jsonb);
