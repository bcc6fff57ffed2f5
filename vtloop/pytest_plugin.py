"""The plugin for pytest; see `integrations.pytest`."""

from vtloop.integrations.pytest.plugin import pytest_addoption as pytest_addoption
from vtloop.integrations.pytest.plugin import pytest_configure as pytest_configure
from vtloop.integrations.pytest.plugin import pytest_fixture_setup as pytest_fixture_setup
from vtloop.integrations.pytest.plugin import pytest_pycollect_makeitem as pytest_pycollect_makeitem
from vtloop.integrations.pytest.plugin import pytest_runtest_makereport as pytest_runtest_makereport
from vtloop.integrations.pytest.plugin import pytest_runtest_setup as pytest_runtest_setup
from vtloop.integrations.pytest.plugin import pytest_runtest_teardown as pytest_runtest_teardown
from vtloop.integrations.pytest.plugin import run_of as run_of
from vtloop.integrations.pytest.plugin import vt as vt
from vtloop.integrations.pytest.plugin import vt_network as vt_network
