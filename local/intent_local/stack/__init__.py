"""template.yaml, deployed into an AWS that lives in one child process (MiniStack)."""
