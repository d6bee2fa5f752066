-- The CA of a group may be the last certificate of x5c.

ALTER TYPE request_key ADD ATTRIBUTE last_subject bytea;
