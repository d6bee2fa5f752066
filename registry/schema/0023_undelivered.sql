-- What the broker would not take: its device gets no answer, and only the service knows why.

ALTER TABLE device ADD COLUMN undelivered_at timestamptz, ADD COLUMN undelivered text;
COMMENT ON COLUMN device.undelivered_at IS 'When the broker last did not take what the service sent to it.';
COMMENT ON COLUMN device.undelivered IS 'Which message, and why. Empty: none, or what came after it was taken.';

CREATE TYPE undelivered_message AS (i int, device_id text, what text, ago_ms bigint);
COMMENT ON TYPE undelivered_message IS 'Service: one row that note_undelivered takes.';
