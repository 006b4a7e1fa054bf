"""A refusal beside what was typed."""


def into(form, refused):
    """Put each message of `refused` beside its field, or at the head of the form."""
    for name, messages in refused.errors.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
