"""Measurements, each as a ratio to its plain twin in the same run. Nothing here is part of the test suite."""
