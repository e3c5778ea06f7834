"""Frozen values that travel between rooms. A value used by one room lives in that room."""
