"""What the notices' buttons send."""

from django import forms


class ReadUpTo(forms.Form):
    """The newest notice on the screen: what came after it stays unread."""

    newest = forms.IntegerField(min_value=0, max_value=2**62)
