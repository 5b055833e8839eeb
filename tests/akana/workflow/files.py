"""The files these tests read."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
VECTOR = HERE / "vectors" / "workflow-engine.xml"
GOLDEN = sorted((HERE / "golden").glob("*.xml"))
FRAGMENTS = sorted((HERE.parent / "fragments").glob("*.xml"))
AS_PRINTED = sorted((HERE.parent / "fragments" / "as-printed").glob("*.xml"))
