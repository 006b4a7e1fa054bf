"""Forms that show the refusals of an action beside their fields."""


class Answering:
    """Mix it in before `forms.Form`; `ALIASES` are fields of an action that have another name on the screen."""

    ALIASES: dict[str, str] = {}

    def add_refusal(self, refusal):
        for name, messages in refusal.errors.items():
            field = self.ALIASES.get(name, name)
            for message in messages:
                self.add_error(field if field in self.fields else None, str(message))
