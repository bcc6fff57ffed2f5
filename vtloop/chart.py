"""Charts of timelines, with matplotlib; see `views.chart`."""

from vtloop.views.chart import compare as compare
from vtloop.views.chart import draw as draw
from vtloop.views.chart import figure as figure
from vtloop.views.chart import save as save
from vtloop.views.chart import series as series
