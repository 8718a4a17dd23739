"""Built-in recipes, in the form in which anybody may write one."""
