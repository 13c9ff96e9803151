"""Argo CD's scripts, run where they can do no harm.

The law: a script sees the values it is given and nothing else, and it ends.
"""

from syncline.core.lua.script import Script, ScriptError

__all__ = ["Script", "ScriptError"]
