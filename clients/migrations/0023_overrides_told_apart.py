"""Settings ended so far: questions taken back are told apart, ends are written down, tiers know their setting."""

from django.db import migrations

#: Never approved, so never in force.
WITHDRAWN = """
    UPDATE clients_override o SET state = 'withdrawn'
     WHERE o.state = 'ended' AND NOT EXISTS (
           SELECT FROM clients_overridehistory h WHERE h.pgh_obj_id = o.id AND h.state = 'approved')"""
ENDED = """
    UPDATE clients_override SET expires_on = GREATEST(starts_on, (settled_at AT TIME ZONE 'Asia/Shanghai')::date)
     WHERE state = 'ended' AND settled_at IS NOT NULL
       AND expires_on > GREATEST(starts_on, (settled_at AT TIME ZONE 'Asia/Shanghai')::date)"""
SET_ON = """
    UPDATE clients_override o SET tier_set_on = c.tier_since
      FROM clients_client c
     WHERE c.id = o.client_id AND o.tier <> '' AND o.tier = c.tier AND o.state IN ('approved', 'ended')
       AND c.tier_since BETWEEN o.starts_on AND o.expires_on"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0022_override_set_on")]
    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in (WITHDRAWN, ENDED, SET_ON)
    ]
