"""No premium client is lost unheard, no whole account number is kept: also in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("complaints", "0014_cut_accounts")]

    operations = [
        migrations.AddConstraint(
            model_name='closure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('called', ''), ('called_at__isnull', True)), models.Q(('called__in', ['cannot_hold', 'unclaimed', 'no_manager', 'later']), ('called_at__isnull', False)), _connector='OR'), name='closure_call_has_a_cause', violation_error_message='The call for the head has a cause and a time.'),
        ),
        migrations.AddConstraint(
            model_name='closure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('result', 'lost'), _negated=True), ('called_at__isnull', False), ('head_at__isnull', False), _connector='OR'), name='closure_lost_was_heard', violation_error_message='Call in the head first; no premium client is lost unheard.'),
        ),
        migrations.AddConstraint(
            model_name='closure',
            constraint=models.CheckConstraint(condition=models.Q(('account__regex', '[0-9]([ -]?[0-9]){6,}'), _negated=True), name='closure_account_is_a_tail', violation_error_message='Only the last four digits of an account are kept.'),
        ),
        migrations.AddConstraint(
            model_name='opening',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('client_owner__isnull', True), models.Q(('executed_by', models.F('client_owner')), _negated=True), _connector='OR'), models.Q(('client_backup__isnull', True), models.Q(('executed_by', models.F('client_backup')), _negated=True), _connector='OR')), ('executed_by__isnull', True), _connector='OR'), name='opening_not_by_who_looks_after', violation_error_message='The manager never carries out the opening; a teller does.'),
        ),
        migrations.AddConstraint(
            model_name='opening',
            constraint=models.CheckConstraint(condition=models.Q(('account__regex', '[0-9]([ -]?[0-9]){6,}'), _negated=True), name='opening_account_is_a_tail', violation_error_message='Only the last four digits of an account are kept.'),
        ),
    ]
