import base64
import hmac

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from gateway.pdp.lifecycle.archive import BundleRefused
from gateway.pdp.lifecycle.signing import (
    KeyUnusable,
    SigningKey,
    read_signing_key,
    read_verification_key,
    verified,
)


def test_signature_names_its_key(signing_key: SigningKey) -> None:
    """A signature verifies under the id of its key, and twice the same comes out."""
    token = signing_key.sign(b"payload")
    assert verified(token, {"key-1": signing_key.public}) == ("key-1", b"payload")
    assert signing_key.sign(b"payload") == token


def test_an_elliptic_key_signs_too() -> None:
    """A P-256 key signs by ES256 under its thumbprint."""
    key = read_signing_key(ECKey.generate_key("P-256").as_pem(private=True))
    assert verified(key.sign(b"x"), {key.id: key.public}) == (key.id, b"x")


def test_a_signature_by_an_unknown_or_unnamed_key_is_refused(signing_key: SigningKey) -> None:
    """A key id is needed, and it must be one that is trusted."""
    with pytest.raises(BundleRefused, match="not trusted"):
        verified(signing_key.sign(b"x"), {"key-2": signing_key.public})
    unnamed = jws.serialize_compact({"alg": "RS256"}, b"x", signing_key._key, algorithms=["RS256"])
    with pytest.raises(BundleRefused, match="no key id"):
        verified(unnamed, {"key-1": signing_key.public})


def test_the_header_does_not_choose_the_algorithm(signing_key: SigningKey) -> None:
    """A public key used as a shared secret, or another hash than the key's, verifies nothing."""
    said = ".".join(map(_base64, (b'{"alg":"HS256","kid":"key-1"}', b"x")))
    forged = f"{said}.{_base64(hmac.digest(signing_key.public.pem.encode(), said.encode(), 'sha256'))}"
    other = jws.serialize_compact(
        {"alg": "RS512", "kid": "key-1"}, b"x", signing_key._key, algorithms=["RS512"]
    )
    none = "eyJhbGciOiJub25lIiwia2lkIjoia2V5LTEifQ.eA."
    for token in (forged, other, none, "a.b", ""):
        with pytest.raises(BundleRefused):
            verified(token, {"key-1": signing_key.public})


def test_keys_that_do_not_fit_are_refused(signing_key: SigningKey) -> None:
    """Short, foreign, and misplaced keys are refused with a reason."""
    private = signing_key._key.as_pem(private=True)
    with pytest.raises(KeyUnusable, match="private"):
        read_verification_key(private)
    with pytest.raises(KeyUnusable, match="private"):
        read_signing_key(signing_key.public.pem.encode())
    with pytest.raises(KeyUnusable, match="bits"):
        read_signing_key(_short_rsa())
    for pem in (b"nothing", OKPKey.generate_key("Ed25519").as_pem(private=True)):
        with pytest.raises(KeyUnusable, match="neither"):
            read_signing_key(pem)
    with pytest.raises(KeyUnusable, match="P-256"):
        read_signing_key(ECKey.generate_key("P-384").as_pem(private=True))


def _short_rsa() -> bytes:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - short on purpose
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain)


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_private_key_hides_itself(signing_key: SigningKey) -> None:
    """A signing key does not show in tracebacks and logs."""
    assert "PRIVATE" not in repr(signing_key)
    assert "key" not in repr(signing_key).replace("SigningKey", "")
