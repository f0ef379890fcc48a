"""A database that is asked for TLS in its URL is not spoken to in the clear: this one has none, so nobody gets in."""

from pathlib import Path

import pytest
from backbone.database import LIVE, connected
from backbone.settings import Settings
from chalkline import certificates
from conftest import TestDatabase

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("asked", ["sslmode=require", "sslmode=verify-full&sslrootcert={authority}"])
async def test_a_service_told_to_use_tls_uses_nothing_else(
    database: TestDatabase, asked: str, tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    certificates.authority(authority, tmp_path / "ca_key.pem")
    settings = Settings(
        secrets_dir=database.provisioned.secrets,
        database_url=f"{database.provisioned.url}?{asked.format(authority=authority)}",
        nats_url="nats://nowhere", issuer="i", jwks="/nowhere",
    )  # fmt: skip
    with pytest.raises(ConnectionError, match="rejected SSL upgrade"):
        async with connected(settings.app_dsn(), search_path=LIVE, name="tls", size=1):
            pass


async def test_the_same_without_a_word_about_tls_is_let_in(database: TestDatabase) -> None:
    settings = Settings(
        secrets_dir=database.provisioned.secrets, database_url=database.provisioned.url,
        nats_url="nats://nowhere", issuer="i", jwks="/nowhere",
    )  # fmt: skip
    async with connected(settings.app_dsn(), search_path=LIVE, name="tls", size=1) as pool:
        assert await pool.fetchval("SELECT 1") == 1
