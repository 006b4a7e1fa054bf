"""Slips that waited on a device without a network (B-02): whose clock counts. Pure."""

import datetime


def true_time(device_at, device_sent_at, now):
    """When a slip was filed by our clock: as long ago as it waited by the device's own."""
    return now - max(device_sent_at - device_at, datetime.timedelta())
