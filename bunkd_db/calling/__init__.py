"""One call of the function: what is sent, how, and what came back."""
