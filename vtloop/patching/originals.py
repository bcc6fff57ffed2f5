"""The functions of the module `time` as they were when this package was imported.

It is imported with the package, before anybody has had the time to replace them, by a mock or by
freezegun.
"""

import time
from types import BuiltinFunctionType

TIME = {name: value for name, value in vars(time).items() if isinstance(value, BuiltinFunctionType)}
