"""Text to documents and back, read the way Kubernetes reads YAML.

The law: what `read` makes of a text is what `kubectl` would send for it, and `read(dump(value))` is `value`
again.
"""

from __future__ import annotations

from syncline.documents.document import Document, Lines
from syncline.documents.reading import MAX_BYTES, MAX_DEPTH, MAX_EXPANSION, read, read_json
from syncline.documents.writing import dump

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_EXPANSION", "Document", "Lines", "dump", "read", "read_json"]
