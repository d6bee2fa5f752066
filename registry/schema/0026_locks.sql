-- What somebody else has locked is left out of a batch, once waiting for it took too long.

ALTER TYPE decided_request ADD ATTRIBUTE skip_locked boolean;
ALTER TYPE decided_status ADD ATTRIBUTE skip_locked boolean;
ALTER TYPE worked_out_config ADD ATTRIBUTE skip_locked boolean;
