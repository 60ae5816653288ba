"""Mappings of exports that many have. Sources are the vendors' descriptions of their formats."""

from __future__ import annotations

from .mapping import FieldMapping

KNOWN: dict[str, FieldMapping] = {
    # Amplitude, Export API: https://amplitude.com/docs/apis/analytics/export
    "amplitude": FieldMapping(
        user_id=("user_id", "device_id"),
        event=("event_type",),
        ts=("event_time",),
        message_id=("$insert_id", "insert_id", "uuid"),
        properties=("event_properties",),
        keep=("platform", "os_name", "device_type", "country", "city", "language", "version_name"),
    ),
    # PostHog, batch exports, the events model: https://posthog.com/docs/cdp/batch-exports
    "posthog": FieldMapping(
        user_id=("distinct_id", "person_id"),
        event=("event",),
        ts=("timestamp",),
        message_id=("uuid",),
        properties=("properties",),
    ),
    # Google Analytics 4, BigQuery export: https://support.google.com/analytics/answer/7029846
    "ga4": FieldMapping(
        user_id=("user_id", "user_pseudo_id"),
        event=("event_name",),
        ts=("event_timestamp",),
        entries=("event_params",),
        keep=("platform", "device.category", "geo.country", "geo.city", "traffic_source.source"),
    ),
    # CleverTap, data export: https://docs.clevertap.com/docs/data-exports
    "clevertap": FieldMapping(
        user_id=("profile.identity", "profile.objectId", "objectId"),
        event=("eventName", "event_name"),
        ts=("ts",),
        ts_format="%Y%m%d%H%M%S",
        properties=("event_props", "eventProps"),
        keep=("session_props.utm_source", "session_props.utm_medium", "profile.platform"),
    ),
    # Mixpanel, raw event export: https://developer.mixpanel.com/reference/raw-event-export
    "mixpanel": FieldMapping(
        user_id=("properties.$user_id", "properties.distinct_id"),
        event=("event",),
        ts=("properties.time",),
        message_id=("properties.$insert_id",),
        properties=("properties",),
    ),
    # Segment, tables of a warehouse, the one of all tracks:
    # https://segment.com/docs/connections/storage/warehouses/schema/
    "segment-warehouse": FieldMapping(
        user_id=("user_id", "anonymous_id"),
        event=("event_text", "event"),
        ts=("timestamp", "original_timestamp"),
        message_id=("id",),
        keep=("context_library_name", "context_app_version", "context_os_name", "context_locale"),
    ),
}
