"""Business handling as pure functions: a module per noun; today and the calendar are arguments."""
