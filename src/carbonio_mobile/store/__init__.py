"""Stores for devices and sync states: in memory and in SQL."""
