"""Every name is found under every module that an Airflow of 1.10 to 3.x has it in, and an unknown one stays a stand-in."""
import importlib

import pytest
from vortex.airflow_compat.provider_names import PROVIDER_NAMES
from vortex.airflow_compat.stubs import StubHook
from vortex.execution.connection import _HOOKS, Connection


@pytest.mark.parametrize("target, module", [(target, module) for target, modules in PROVIDER_NAMES for module in modules.split()])
def test_a_name_is_the_real_one(target, module):
    home, _, name = target.partition(":")
    assert getattr(importlib.import_module(module), name) is getattr(importlib.import_module(home), name)


def test_other_providers_stay_stand_ins():
    from airflow.providers.oracle.hooks.oracle import OracleHook

    assert issubclass(OracleHook, StubHook)


@pytest.mark.parametrize("kind", sorted(_HOOKS))
def test_a_connection_makes_its_hook(define, kind):
    define("c", conn_type=kind, host="h")
    hook = Connection.get("c").get_hook()
    assert getattr(hook, hook.conn_name_attr) == "c"
