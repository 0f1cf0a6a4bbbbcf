"""A gateway that follows another's bundle service: what it takes, and how long it goes on without."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.domain import AccessRequest
from gateway.errors import GovernanceUnavailable, PolicyUnavailable
from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.signing import SigningKey, new_signing_key, read_signing_key
from gateway.pdp.remote import RemoteEngine
from gateway.pdp.source import PolicySource, read_files
from tests.bundle_double import BundleDouble
from tests.contracts.test_policy_engines import letter as a_letter
from tests.policy_texts import ALLOW, ALLOW_TEST

pytestmark = [pytest.mark.anyio, pytest.mark.enable_socket]


def policy(comment: str) -> PolicySource:
    """A policy that allows, told apart by a comment."""
    text = f"{ALLOW}\n# {comment}\n"
    return read_files({"main.rego": text.encode(), "main_test.rego": ALLOW_TEST.encode()}, Path("p"))


@pytest.fixture(scope="module")
def key() -> SigningKey:
    """What bundles are signed with."""
    return read_signing_key(new_signing_key(), "key-1")


@pytest.fixture
def service(key: SigningKey) -> BundleDouble:
    """A service in which a policy is in force."""
    made = BundleDouble(key)
    made.serve(policy("one"))
    return made


@pytest.fixture
def letter() -> AccessRequest:
    """Retail's service asks support-tone about a customer's letter."""
    return a_letter()


async def until(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to hold")


def error_of(engine: RemoteEngine) -> str:
    """Why it cannot follow, as it says."""
    following = engine._engine._following
    assert following is not None
    return following.error


async def test_an_activation_elsewhere_takes_effect_here(
    service: BundleDouble, letter: AccessRequest, tmp_path: Path
) -> None:
    """The bundle in force there decides here, and so does the next; the key is shown, news are waited for."""
    async with service.running() as url:
        engine = service.follower(url, tmp_path)
        await engine.start()
        assert (await engine.decide(letter)).allow
        revision = service.serve(policy("two"))
        await until(lambda: engine.revision == revision)
        await until(lambda: len(service.asked) > 2)
        await engine.aclose()
    assert {each["authorization"] for each in service.asked} == {"Bearer secret"}
    assert service.asked[-1]["prefer"].startswith("wait=")


async def test_a_bundle_that_cannot_be_trusted_is_not_taken(
    service: BundleDouble, letter: AccessRequest, tmp_path: Path
) -> None:
    """What is served cut, or signed by a stranger, changes nothing and is not kept."""
    async with service.running() as url:
        engine = service.follower(url, tmp_path)
        await engine.start()
        before, kept = engine.revision, (tmp_path / "bundle.tar.gz").read_bytes()
        service.content = service.content[:-10]
        await until(lambda: "BundleRefused" in error_of(engine))
        assert (await engine.decide(letter)).policy_revision == before
        assert (tmp_path / "bundle.tar.gz").read_bytes() == kept
        stranger = BundleDouble(read_signing_key(new_signing_key(), "key-1"))
        stranger.serve(policy("three"))
        service.content = stranger.content
        with pytest.raises(BundleRefused):
            await service.follower(url, tmp_path).start()
        await engine.aclose()


async def test_a_follower_says_what_decides_here_until_it_stops(
    service: BundleDouble, tmp_path: Path
) -> None:
    """The service hears the policy in force here, under one name, and that it stopped."""
    async with service.running() as url:
        engine = service.follower(url, tmp_path)
        await engine.start()
        revision = engine.revision
        await engine.aclose()
    first, last = service.heard[0], service.heard[-1]
    assert (first["state"]["revision"], first["state"]["form"]) == (revision, "compiled")
    assert first["state"]["pid"] == os.getpid()
    assert (last["replica"], last["state"]) == (first["replica"], None)


async def test_a_service_that_does_not_listen_is_followed_all_the_same(
    service: BundleDouble, letter: AccessRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An older service has no ear: that is logged once, and nothing else is different."""
    service.deaf = True
    async with service.running() as url:
        engine = service.follower(url, tmp_path)
        await engine.start()
        assert engine._engine._following is not None
        await engine._engine._following._tell()
        assert (await engine.decide(letter)).allow
        await engine.aclose()
    said = [each for each in caplog.messages if "does not hear of this gateway" in each]
    assert (len(said), service.heard) == (1, [])


async def test_a_service_that_is_gone_is_bridged_for_the_bound(
    service: BundleDouble, letter: AccessRequest, tmp_path: Path
) -> None:
    """Without the service the last policy decides until the bound, and nothing after it."""
    async with service.running() as url:
        engine = service.follower(url, tmp_path, max_stale_s=300)
        await engine.start()
        service.status = 503
        await until(lambda: bool(error_of(engine)))
        assert (await engine.decide(letter)).allow
        assert engine._engine._following is not None
        engine._engine._following.fresh_at -= 301
        with pytest.raises(PolicyUnavailable):
            await engine.decide(letter)
        service.status = 200
        await until(lambda: not error_of(engine))
        assert (await engine.decide(letter)).allow
        await engine.aclose()


async def test_a_start_without_the_service_goes_on_the_last_good_bundle(
    service: BundleDouble, letter: AccessRequest, tmp_path: Path
) -> None:
    """The kept bundle decides, verified again, as long as its last confirmation is not too long ago."""
    async with service.running() as url:
        engine = service.follower(url, tmp_path)
        with pytest.raises(GovernanceUnavailable):
            await service.follower("http://127.0.0.1:9/bundles/custody", tmp_path / "..").start()
        await engine.start()
        await engine.aclose()
    alone = service.follower(url, tmp_path)
    await alone.start()
    assert (await alone.decide(letter)).allow
    await alone.aclose()
    long_ago = time.time() - 301
    os.utime(tmp_path / "bundle.tar.gz", (long_ago, long_ago))
    stale = service.follower(url, tmp_path)
    await stale.start()
    with pytest.raises(PolicyUnavailable):
        await stale.decide(letter)
    await stale.aclose()
    (tmp_path / "bundle.tar.gz").write_bytes(b"forged")
    with pytest.raises(BundleRefused):
        await service.follower(url, tmp_path).start()
