"""Keeps the plants of a greenhouse watered."""
