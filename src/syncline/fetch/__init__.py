"""What is not in the repository: fetched over HTTPS and from OCI registries.

The law: a credential is sent to the address it was made for and to no other, stands in no argument list, file
or message, and everything that comes back is bounded.
"""

from syncline.fetch.access import Access, access_for
from syncline.fetch.archive import unpack
from syncline.fetch.question import FetchError
from syncline.fetch.store import Store

__all__ = ["Access", "FetchError", "Store", "access_for", "unpack"]
