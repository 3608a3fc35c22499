"""What a person reads: web pages, charts, the terminal, notebooks."""
