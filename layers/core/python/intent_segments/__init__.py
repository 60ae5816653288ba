"""Intent-based segments: who in a segment will do what by when, and what to do about it."""

__version__ = "0.1.0"
