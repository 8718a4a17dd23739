"""The animatic: a storyboard artist in code. Draws a beat's keyframes from its plan, without a model and without a GPU."""
