from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from gateway.errors import Unauthenticated
from gateway.identity.api_keys import ApiKeyAuthenticator, Options
from gateway.identity.keys import key_digest, new_key

PEPPER = b"p" * 32
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def authenticator(*keys: dict[str, object], now: datetime = NOW) -> ApiKeyAuthenticator:
    """One retail service with these keys, at a fixed time."""
    principal = {"id": "retail-service", "department": "retail", "use_case": "complaint-triage", "keys": keys}
    options = Options.model_validate({"pepper": PEPPER, "principals": [principal]})
    return ApiKeyAuthenticator(options, now=lambda: now)


async def test_good_key_gives_the_subject() -> None:
    """A live key tells who calls, for which department and by default for which use case."""
    key = new_key("dev")
    identity = await authenticator({"digest": key_digest(key, PEPPER)}).authenticate(
        {"authorization": f"Bearer {key}"}
    )
    assert identity.subject.department == "retail"
    assert identity.defaults.use_case == "complaint-triage"
    assert "retail-service" not in identity.subject.id


async def test_a_known_key_still_expires() -> None:
    """A key that was good a moment ago is refused once its time is over; bad keys leave nothing behind."""
    key, now = new_key("dev"), [NOW]
    one = {"digest": key_digest(key, PEPPER), "expires": NOW + timedelta(minutes=1)}
    principal = {"id": "p", "department": "retail", "use_case": "u", "keys": [one]}
    options = Options.model_validate({"pepper": PEPPER, "principals": [principal]})
    checker = ApiKeyAuthenticator(options, now=lambda: now[0])
    for _ in range(2):
        await checker.authenticate({"x-api-key": key})
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await checker.authenticate({"x-api-key": new_key("dev")})
    assert len(checker._known) == 1
    now[0] += timedelta(minutes=2)
    with pytest.raises(Unauthenticated):
        await checker.authenticate({"x-api-key": key})


async def test_anthropic_header_works_as_well() -> None:
    """A key in x-api-key is as good as a bearer key."""
    key = new_key("dev")
    checker = authenticator({"digest": key_digest(key, PEPPER)})
    assert (await checker.authenticate({"x-api-key": key})).subject.kind == "service"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer cus_dev_tooshort"},
        {"authorization": "Basic cmV0YWlsOng="},
        {"authorization": f"Bearer {new_key('dev')}"},
        {"x-api-key": "ключ"},
    ],
)
async def test_bad_credentials_all_answer_alike(headers: dict[str, str]) -> None:
    """A missing, malformed or unknown key gets one and the same answer, so nothing can be probed."""
    checker = authenticator({"digest": key_digest(new_key("dev"), PEPPER)})
    with pytest.raises(Unauthenticated) as caught:
        await checker.authenticate(headers)
    with pytest.raises(Unauthenticated) as plain:
        await checker.authenticate({})
    assert str(caught.value) == str(plain.value)


async def test_expired_key_is_refused() -> None:
    """A key stops working at the very moment it expires."""
    key = new_key("dev")
    settings = {"digest": key_digest(key, PEPPER), "expires": NOW.isoformat()}
    assert await authenticator(settings, now=NOW - timedelta(seconds=1)).authenticate({"x-api-key": key})
    with pytest.raises(Unauthenticated):
        await authenticator(settings, now=NOW).authenticate({"x-api-key": key})


async def test_two_keys_live_for_rotation() -> None:
    """An old and a new key both work while one replaces the other."""
    old, new = new_key("dev"), new_key("dev")
    checker = authenticator(*({"digest": key_digest(key, PEPPER)} for key in (old, new)))
    ids = {(await checker.authenticate({"x-api-key": key})).subject.id for key in (old, new)}
    assert len(ids) == 1


def test_third_key_is_refused() -> None:
    """No principal has more than two live keys."""
    with pytest.raises(ValidationError):
        authenticator(*({"digest": key_digest(new_key("dev"), PEPPER)} for _ in range(3)))


def test_options_hide_the_pepper() -> None:
    """The pepper shows in no repr."""
    options = Options.model_validate({"pepper": PEPPER, "principals": [{"id": "a", "department": "it"}]})
    assert "ppp" not in repr(options)
