"""What the product does, one function per job; handlers and the CLI call nothing deeper."""
