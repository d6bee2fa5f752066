"""History becomes old in minutes, so that retention has something to end within an hour."""

from __future__ import annotations

from world import World

KINDS = ("attempts", "events", "certificates", "configurations")
RETENTION = "1 month"
AGE_S = 600  # what is older of the devices `like` becomes OLDER
OLDER = "3 months"

# Nobody may change attempts and events: only who may switch triggers off.
BECOMES_OLD = """
  SET session_replication_role = replica;
  UPDATE registry.attempt SET received_at = received_at - interval '{older}'
    WHERE device_id LIKE '{like}' AND received_at BETWEEN now() - interval '{older}' AND now() - interval '{age} s';
  UPDATE registry.event SET at = at - interval '{older}'
    WHERE device_id LIKE '{like}' AND at BETWEEN now() - interval '{older}' AND now() - interval '{age} s';
  UPDATE registry.credential SET issued_at = issued_at - interval '{older}', not_before = not_before - interval '{older}',
    not_after = now() - interval '{older}' WHERE device_id LIKE '{like}' AND status NOT IN ('issued', 'active')
    AND issued_at BETWEEN now() - interval '{older}' AND now() - interval '{age} s';
  UPDATE registry.config_history SET at = at - interval '{older}'
    WHERE at BETWEEN now() - interval '{older}' AND now() - interval '{age} s';
"""
LEFT = """
  SELECT (SELECT count(*) FROM registry.attempt WHERE received_at < now() - interval '{keep}' * 2)
    + (SELECT count(*) FROM registry.event WHERE at < now() - interval '{keep}' * 2)"""


def keep_a_month(world: World) -> None:
    for kind in KINDS:
        world.stack.sql(f"SELECT registry.set_retention('{kind}', '{RETENTION}')")


def becomes_old(world: World, like: str) -> int:
    """What the service calls every hour is called now; how many rows are left that it should have dropped."""
    world.stack.cluster.sql(BECOMES_OLD.format(older=OLDER, age=AGE_S, like=like))
    while world.stack.cluster.sql("SET ROLE latchkey_service; SELECT registry.maintain()").strip() == "t":
        pass
    return int(world.stack.cluster.sql(LEFT.format(keep=RETENTION)))
