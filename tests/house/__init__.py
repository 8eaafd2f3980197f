"""Tests that keep the house true: what the documents, the lock, the image and the sources say of each other."""
