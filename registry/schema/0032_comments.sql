-- Comments in plain words. First the columns of views lose the comments that they took over from
-- tables: `describe` takes over the new ones.
DO $$
DECLARE taken text[];
BEGIN
  SELECT array_agg(DISTINCT format('%I.%I', v.relname, a.attname)) INTO taken
  FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
  JOIN pg_rewrite r ON r.ev_class = v.oid
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
  JOIN pg_attribute t ON t.attrelid = d.refobjid AND t.attnum = d.refobjsubid
    AND t.attname = a.attname
  WHERE v.relnamespace = 'registry'::regnamespace AND v.relkind = 'v' AND d.refobjid <> v.oid
    AND col_description(v.oid, a.attnum) = col_description(d.refobjid, d.refobjsubid);
  FOR n IN 1 .. coalesce(cardinality(taken), 0) LOOP
    EXECUTE 'COMMENT ON COLUMN ' || taken[n] || ' IS NULL';
  END LOOP;
END $$;

COMMENT ON TABLE quota IS
  'Counters for groups and tokens with a limit. What has no limit has no row here, so its '
  'newcomers lock nothing.';
COMMENT ON COLUMN quota.name IS
  '"group:<name>", or "token:<id>" for a token with a limit of its own.';
COMMENT ON COLUMN quota.used IS 'How many registered devices count here.';
COMMENT ON COLUMN quota.max IS 'How many may.';
COMMENT ON COLUMN quota.parent IS
  'The counter of the token''s group: a device that counts here counts there as well.';
COMMENT ON TABLE fleet_config IS
  'The configuration of every device; one row. A group''s configuration is merged over it, and '
  'a device''s own over both (RFC 7396).';
COMMENT ON COLUMN fleet_config.endpoint IS
  'The broker that devices connect to, unless their group has another one; empty: that of the '
  'service''s configuration.';
COMMENT ON COLUMN fleet_config.changes IS 'How often config or endpoint changed.';
COMMENT ON TABLE device_config IS
  'A device''s own configuration, merged over its group''s. A device without a row here has '
  'that of its enrolment.';
COMMENT ON COLUMN device_config.device_id IS
  'The device. It may be enrolled and not registered yet.';
COMMENT ON COLUMN device_config.config IS 'A merge patch (RFC 7396).';
COMMENT ON COLUMN device_config.changes IS
  'How often it changed; 1 is the configuration of the enrolment.';
COMMENT ON TABLE enrollment_group IS
  'Devices that prove themselves in the same way, and the policy for them.';
COMMENT ON COLUMN enrollment_group.name IS
  'Its name. A device with a key of the group sends it as kid.';
COMMENT ON COLUMN enrollment_group.secondary_material IS
  'The key or CA that roll_group_key replaced, which is accepted until retire_group_key; empty: '
  'none.';
COMMENT ON COLUMN enrollment_group.rolled_at IS
  'When roll_group_key was called; empty: the group has one key or CA.';
COMMENT ON COLUMN enrollment_group.id_from IS
  'x509 only: the field of a device''s certificate that has its id: common_name, dns_name, uri '
  'or serial_number.';
COMMENT ON COLUMN enrollment_group.admission IS
  'Who may register with the group''s proof. automatic: every device; allow_list: the devices '
  'that are enrolled with proof group; approval: the devices that an operator approves.';
COMMENT ON COLUMN enrollment_group.reprovisioning IS
  'Whether a registered device may get a new credential by its enrolment proof. rotate: yes; '
  'deny: no.';
COMMENT ON COLUMN enrollment_group.credential_types IS
  'The types of credential that its devices may ask for.';
COMMENT ON COLUMN enrollment_group.lifetime_s IS
  'For how many seconds an issued credential is valid.';
COMMENT ON COLUMN enrollment_group.unused_life_s IS
  'After how many seconds a credential that was never used ends.';
COMMENT ON COLUMN enrollment_group.renewal_grace_days IS
  'For how many days after its end a certificate still proves a renewal.';
COMMENT ON COLUMN enrollment_group.revoke_retired IS
  'Whether certificates that a newer one replaced are put on the CRL.';
COMMENT ON COLUMN enrollment_group.device_id_pattern IS
  'A regular expression that the whole device id must match when a device registers for the '
  'first time.';
COMMENT ON COLUMN enrollment_group.valid_from IS
  'Devices may register for the first time from here on; empty: at any time.';
COMMENT ON COLUMN enrollment_group.valid_until IS
  'Devices may register for the first time before this; empty: at any time.';
COMMENT ON COLUMN enrollment_group.quota IS 'The counter of its devices; empty: it has no limit.';
COMMENT ON COLUMN enrollment_group.config IS
  'The configuration of its devices: merged over the fleet''s, and a device''s own over it (RFC '
  '7396).';
COMMENT ON COLUMN enrollment_group.seal_config IS
  'Whether configurations are encrypted for the device. A device that cannot decrypt them is '
  'refused.';
COMMENT ON COLUMN enrollment_group.endpoint IS
  'The broker that its devices connect to: host, port, tls and perhaps ca; empty: the fleet''s.';
COMMENT ON COLUMN enrollment_group.config_changes IS 'How often config or endpoint changed.';
COMMENT ON TABLE group_ca IS
  'The subject names of the CAs of x509 groups: a certificate finds its group by the name of '
  'its issuer. A name belongs to one group.';
COMMENT ON TABLE token IS
  'The tokens that operators made for a group by create_token, beside the group''s own.';
COMMENT ON COLUMN token.hash IS
  'SHA-256 of the token. The token itself was shown once and is stored nowhere.';
COMMENT ON COLUMN token.quota IS
  'The counter of its uses, or that of its group; empty: neither has a limit.';
COMMENT ON COLUMN token.valid_until IS 'Devices may register for the first time before this.';
COMMENT ON TABLE enrollment IS
  'Devices that are enrolled individually. Such an enrolment goes before every group.';
COMMENT ON COLUMN enrollment.device_id IS 'The device.';
COMMENT ON COLUMN enrollment.group_name IS
  'The group whose policy and configuration apply; empty: the defaults.';
COMMENT ON COLUMN enrollment.proof IS
  'How the device proves itself. group: as its group does, with a place on its allow list.';
COMMENT ON COLUMN device.device_id IS 'Its id.';
COMMENT ON COLUMN device.group_name IS
  'The group that it registered in; empty: it has an enrolment of its own without a group.';
COMMENT ON COLUMN device.enrolled_by IS
  'The enrolment that registered it: "device" or "group:<name>". Another enrolment is refused '
  'until a reset, which empties this.';
COMMENT ON COLUMN device.proof_key IS
  'SHA-256 of the public key that registered it, where the proof was a signature. Another key '
  'is refused until a reset.';
COMMENT ON COLUMN device.quota IS
  'The counter that it counts in; empty: none, or it was decommissioned.';
COMMENT ON COLUMN device.waiting_digest IS
  'SHA-256 of the request that waits for an operator. approve admits this request and no other.';
COMMENT ON COLUMN device.approved_digest IS
  'SHA-256 of the request that an operator approved. The device must send the same request '
  'again.';
COMMENT ON COLUMN device.rejected_digest IS
  'SHA-256 of the request that an operator rejected last. The same request is refused; another '
  'one may wait again.';
COMMENT ON COLUMN device.state IS 'Its state (docs/protocol.md, 8).';
COMMENT ON COLUMN device.resume_state IS 'The state to which resume returns a suspended device.';
COMMENT ON COLUMN device.generation IS
  'The number of its newest credential, and never less than before.';
COMMENT ON COLUMN device.attributes IS
  'What it said about itself: model, firmware_version and so on. Untrusted text.';
COMMENT ON COLUMN device.config_layers IS
  'The sum of the changes of the layers that its configuration was made from; if it differs '
  'from their sum now, the configuration is outdated. Empty: not made yet.';
COMMENT ON COLUMN device.config_digest IS
  'SHA-256 of the configuration of config_version, with placeholders filled in, and the '
  'endpoint.';
COMMENT ON COLUMN device.config_fault IS
  'Why its newest configuration cannot be sent: a placeholder without a value, or no key to '
  'encrypt it for.';
COMMENT ON COLUMN device.endpoint IS
  'SHA-256 of the endpoint of config_version; empty: that of the service''s configuration.';
COMMENT ON COLUMN device.endpoint_given IS
  'SHA-256 of the endpoint that the device has: that of its registration, or one that it '
  'acknowledged since.';
COMMENT ON COLUMN device.failed_at IS 'When it last reported that it cannot become ready.';
COMMENT ON COLUMN device.failure IS
  'Why it cannot become ready, in the device''s own words. Untrusted text.';
COMMENT ON COLUMN device.acted_at IS 'When an operator last acted on it.';
COMMENT ON COLUMN device.actor IS 'The login of that operator.';
COMMENT ON COLUMN device.reason IS 'The operator''s reason.';
COMMENT ON COLUMN device.decommissioned_at IS
  'When it was decommissioned. Then it counts in no quota, and forget may erase its data. A '
  'reset empties this.';
COMMENT ON COLUMN device.access_changed_at IS
  'When an operator last suspended, resumed, revoked or reset it.';
COMMENT ON COLUMN device.broker_applied_at IS
  'When the broker applied that; empty: not yet, or the service does not control the broker.';
COMMENT ON COLUMN device.undelivered IS
  'The message that the broker refused, and why. Empty: none, or the broker took a later one.';
COMMENT ON COLUMN device.undelivered_at IS
  'When the broker last refused a message of the service to it.';
COMMENT ON COLUMN credential.device_id IS 'The device.';
COMMENT ON COLUMN credential.generation IS 'Its number: 1, 2, 3 and so on for each device.';
COMMENT ON COLUMN credential.digest IS
  'SHA-256 of what that request asked for. A repeat must ask for the same.';
COMMENT ON COLUMN credential.key_fingerprint IS
  'SHA-256 of its SubjectPublicKeyInfo. Two devices with the same one are clones.';
COMMENT ON COLUMN credential.salt IS 'The password is derived from the master key and this.';
COMMENT ON COLUMN credential.encryption_key IS
  'The public key that secrets are encrypted for (P-256, x and y); empty: the device sent none.';
COMMENT ON COLUMN credential.answer_key IS
  'The id of the symmetric key that signed the answer, since a group may have had two.';
COMMENT ON COLUMN credential.signed_by IS
  'Who signs the answer and the configurations after it: the device''s symmetric key or the '
  'service.';
COMMENT ON COLUMN credential.status IS
  'issued: no device connected with it yet; active: a device connected with it; retired: a '
  'newer one replaced it; revoked.';
COMMENT ON COLUMN credential.use_by IS 'It ends here if no device has connected with it.';
COMMENT ON COLUMN credential.revoked_at IS
  'When it was revoked. A certificate is on the CRL from then until it expires.';
COMMENT ON COLUMN credential.broker_applied_at IS
  'When the broker accepted this password; empty: not yet, a certificate, or a broker that '
  'reads logins from the database.';
COMMENT ON TABLE presence IS
  'The sessions of devices. A table of its own because after a power cut a whole fleet writes '
  'it, and nothing else.';
COMMENT ON COLUMN presence.device_id IS 'The device.';
COMMENT ON COLUMN presence.session IS 'The name of its newest session, which the device chose.';
COMMENT ON COLUMN presence.generation IS 'The credential of that session.';
COMMENT ON COLUMN presence.online IS
  'Whether that session is open: neither the device nor its will has ended it.';
COMMENT ON COLUMN presence.last_seen_at IS 'When its last status came.';
COMMENT ON COLUMN presence.previous_session IS
  'The name of the session before. An honest device never uses a name again.';
COMMENT ON COLUMN presence.returns IS
  'How often a session that was replaced opened again within the current ten minutes.';
COMMENT ON COLUMN presence.returning_since IS 'When these ten minutes began.';
COMMENT ON TABLE broker_link IS
  'When replicas listened at the broker without a gap: a row for each connection.';
COMMENT ON COLUMN broker_link.ready_at IS 'Since when it was subscribed.';
COMMENT ON COLUMN broker_link.until IS 'Until when it surely was subscribed.';
COMMENT ON TABLE clone_sign IS
  'Signs that two devices share one identity. Nothing is refused because of them.';
COMMENT ON COLUMN clone_sign.device_id IS 'The device whose identity is shared.';
COMMENT ON COLUMN clone_sign.sign IS
  'key_came_back: its certificates had the keys A, B and A again; key_at_two_devices: another '
  'device has the same key; sessions_alternate: two sessions took turns three times in ten '
  'minutes.';
COMMENT ON COLUMN attempt.tracking_id IS 'The id of the attempt in the answer and in the log.';
COMMENT ON COLUMN attempt.device_id IS
  'The id in the topic. It is proven only if decision is accepted, repeated, pending or '
  'challenge.';
COMMENT ON COLUMN attempt.received_at IS 'When the service received the request.';
COMMENT ON COLUMN attempt.group_name IS 'The group that the request was checked against.';
COMMENT ON COLUMN attempt_count.writer IS
  'The connection that counted. Each has a row of its own, so that none waits for another.';
COMMENT ON COLUMN attempt_count.minute IS 'The minute in which the requests came.';
COMMENT ON COLUMN attempt_count.group_name IS
  'The group that the requests were checked against; empty: none.';
COMMENT ON COLUMN event.at IS 'When it happened.';
COMMENT ON COLUMN event.device_id IS 'The device, if it is about one.';
COMMENT ON COLUMN event.group_name IS 'The group, if it is about one.';
COMMENT ON COLUMN event.action IS
  'state: the device changed its state; credential: it got a new one; restored: its generations '
  'continue with a gap; else the name of the function that an operator called.';
COMMENT ON COLUMN event.old_state IS 'The state before.';
COMMENT ON COLUMN event.new_state IS 'The state after.';
COMMENT ON COLUMN event.actor IS 'The login.';
COMMENT ON COLUMN event.reason IS 'The operator''s reason.';
COMMENT ON TABLE config_change IS
  'Changes of the configuration of a group or the fleet that have not reached all devices yet.';
COMMENT ON COLUMN config_change.after IS 'Devices up to this id have been looked at.';
COMMENT ON TABLE config_due IS
  'Devices whose configuration must be made again, or was sent and not acknowledged yet.';
COMMENT ON COLUMN config_due.device_id IS 'The device.';
COMMENT ON COLUMN config_due.due_at IS 'When a replica takes the device up.';
COMMENT ON COLUMN config_due.tries IS 'How often a replica has taken it up.';
COMMENT ON TABLE nudge IS
  'Requests that wait for approval, and how to tell their devices to ask again.';
COMMENT ON COLUMN nudge.device_id IS 'The device.';
COMMENT ON COLUMN nudge.request_id IS 'The last request with the digest that waits.';
COMMENT ON COLUMN nudge.settled_at IS
  'When an operator decided. Then the service tells the device.';
COMMENT ON TABLE setting IS 'How long the registry keeps its history; one row. Empty: for ever.';
COMMENT ON COLUMN setting.keep_counts IS 'Requests that the ledger only counted.';
COMMENT ON COLUMN setting.keep_clone_signs IS 'Signs of clones, after they were last seen.';
COMMENT ON COLUMN setting.count_live_below IS
  'Up to this size in bytes of device and enrollment, fleet and provisioning_funnel count at '
  'every query.';
COMMENT ON TABLE enrollment_import IS
  'The rows that an import has copied and not enrolled yet. One import runs at a time; '
  'import_end empties the table.';
COMMENT ON COLUMN enrollment_import.line IS 'The line of the file.';
COMMENT ON COLUMN enrollment_group.status IS
  'disabled: the devices that came by this group are refused: requests, renewals, sessions and '
  'configurations, and at the broker.';
COMMENT ON COLUMN enrollment.status IS
  'disabled: the device is refused in the same way, also if its group is enabled.';
