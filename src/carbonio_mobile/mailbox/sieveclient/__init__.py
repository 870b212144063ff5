"""Automatic replies by ManageSieve."""
