"""Argo CD's resource actions: what else may be done with an object than apply and delete it.

The law: an action makes values, new bodies of the object itself or of objects to create; it writes nothing.
"""

from syncline.core.actions.model import ActionError, Asked, Effect, Offer
from syncline.core.actions.run import Actions

__all__ = ["ActionError", "Actions", "Asked", "Effect", "Offer"]
