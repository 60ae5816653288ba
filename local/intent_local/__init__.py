"""The laptop: the `intent` command and an AWS on loopback that runs template.yaml."""
