-- Individual enrolments that are disabled are few, and the service asks for them every few seconds.

CREATE INDEX enrollment_disabled ON enrollment (device_id) WHERE status = 'disabled';
COMMENT ON COLUMN enrollment_group.status IS 'disabled: the devices that came by this group are refused: requests, renewals, sessions and configurations, and at the broker.';
COMMENT ON COLUMN enrollment.status IS 'disabled: the device is refused in the same way, also if its group is enabled.';
