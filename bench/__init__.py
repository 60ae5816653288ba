"""Benchmarks: each compares side by side in one run and prints ratios. No test asserts a time."""
