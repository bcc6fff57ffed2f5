"""Timelines as files for Perfetto; see `views.perfetto`."""

from vtloop.views.perfetto import encoded as encoded
from vtloop.views.perfetto import perfetto as perfetto
from vtloop.views.perfetto import save as save
