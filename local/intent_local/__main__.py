"""`python -m intent_local` is `intent`."""

from .cli import main

raise SystemExit(main())
