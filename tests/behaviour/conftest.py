"""Behaviour at scale: these tests open more cases a minute than anybody is allowed to."""

from pathlib import Path

import pytest

from foundation.settings import Settings


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None, database_url=url, data_dir=tmp_path / "data", mode="development", port=0, rate_limits="off"
    )
