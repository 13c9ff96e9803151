"""The plugin generator's HTTP endpoint.

The law: the address and the token come from the trusted settings, never from the set that asks; an answer is
bounded in size and time, redirects are not followed, and no message holds the token.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from syncline.config.appset.questions import PluginOutput, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.settings import PluginAccess

_PATH: Final = "/api/v1/getparams.execute"
_LONGEST: Final = 4 * 1024 * 1024
_OK: Final = 200


def ask_plugin(question: PluginOutput, access: PluginAccess, token: str) -> Any:
    """The plugin's list of parameters, or a Refusal."""
    import urllib3

    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=access.timeout))
    try:
        with pool.request(
            "POST", f"{access.url}{_PATH}", body=question.request, headers=headers, preload_content=False
        ) as answer:
            text = answer.read(_LONGEST + 1)
            status = answer.status
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return _refused(question, f"it cannot be reached ({type(error).__name__})")
    finally:
        pool.clear()
    if status != _OK:
        return _refused(question, f"it answers {status}")
    return _parameters(question, text)


def _parameters(question: PluginOutput, text: bytes) -> Any:
    if len(text) > _LONGEST:
        return _refused(question, f"its answer is longer than {_LONGEST // 1024 // 1024} MiB")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return _refused(question, "its answer is no JSON")
    output: Mapping[str, Any] = (body.get("output") or {}) if isinstance(body, dict) else {}
    found = output.get("parameters") if isinstance(output, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return _refused(question, "its answer has no list of mappings under output.parameters")
    return found


def _refused(question: PluginOutput, why: str) -> Refusal:
    return Refusal(f"the plugin {question.name} gave no parameters: {why}; see plugins: in syncline.yaml.")
