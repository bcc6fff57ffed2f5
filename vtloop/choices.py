"""The choices of a run, and the policy by which a chooser makes them; see `values.choices`."""

from vtloop.core.ties import Ties as Ties
from vtloop.values.choices import Choices as Choices
from vtloop.values.choices import Chooser as Chooser
from vtloop.values.choices import Keeping as Keeping
from vtloop.values.choices import Random as Random
from vtloop.values.choices import Replaying as Replaying
