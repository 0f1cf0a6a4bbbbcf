"""Signatures of bundles: JSON Web Signatures by a key that has an id."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gateway.pdp.lifecycle.archive import BundleRefused

_RSA_BITS = 3072
_RSA_LEAST_BITS = 2048
_CURVE = "P-256"


class KeyUnusable(Exception):
    """A key cannot sign or verify bundles; the message says why."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key, and the only algorithm that may be used with it: what a signature names is not asked."""

    algorithm: str
    key: RSAKey | ECKey

    @property
    def pem(self) -> str:
        """The public key as PEM, for OPA's settings."""
        return self.key.as_pem(private=False).decode()


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key with its id."""

    id: str
    algorithm: str
    _key: RSAKey | ECKey

    @property
    def public(self) -> VerificationKey:
        """What verifies its signatures."""
        kind = type(self._key)
        return VerificationKey(self.algorithm, kind.import_key(self._key.as_pem(private=False)))

    def sign(self, payload: bytes) -> str:
        """A compact signature over ``payload``; with an RSA key always the same one."""
        header = {"alg": self.algorithm, "kid": self.id, "typ": "JWT"}
        return jws.serialize_compact(header, payload, self._key, algorithms=[self.algorithm])


def new_signing_key() -> bytes:
    """A fresh private key as PEM: RSA, for its signatures are reproducible and OPA takes them."""
    return RSAKey.generate_key(_RSA_BITS).as_pem(private=True)


def read_signing_key(pem: bytes, key_id: str = "") -> SigningKey:
    """The private key in ``pem``; its id is ``key_id``, or else its thumbprint (RFC 7638).

    Raises ``KeyUnusable``.
    """
    algorithm, key = _read(pem)
    if not key.is_private:
        raise KeyUnusable("a signing key must be a private key")
    return SigningKey(key_id or key.thumbprint(), algorithm, key)


def read_verification_key(pem: bytes) -> VerificationKey:
    """The public key in ``pem``; raises ``KeyUnusable``, also for a private one."""
    algorithm, key = _read(pem)
    if key.is_private:
        raise KeyUnusable("this is a private key; whoever verifies must have the public one only")
    return VerificationKey(algorithm, key)


def verified(token: str, keys: Mapping[str, VerificationKey]) -> tuple[str, bytes]:
    """The key id and payload of a signature by one of ``keys``; raises ``BundleRefused``."""
    try:
        unverified_header = jws.extract_compact(token.encode()).headers()
        key_id = unverified_header.get("kid")
        if not isinstance(key_id, str) or not key_id:
            raise BundleRefused("the signature names no key id")
        trusted = keys.get(key_id)
        if trusted is None:
            raise BundleRefused(f"the signature is by key {key_id!r}, which is not trusted here")
        signed = jws.deserialize_compact(token, trusted.key, algorithms=[trusted.algorithm])
    except (JoseError, ValueError) as error:
        raise BundleRefused(f"the signature is not valid: {type(error).__name__}") from error
    return key_id, signed.payload


def _read(pem: bytes) -> tuple[str, RSAKey | ECKey]:
    with warnings.catch_warnings():
        # The library warns of weak keys; they are refused below.
        warnings.simplefilter("ignore")
        try:
            rsa = RSAKey.import_key(pem)
        except (JoseError, ValueError, TypeError):
            return "ES256", _read_curve(pem)
    if rsa.raw_value.key_size < _RSA_LEAST_BITS:
        raise KeyUnusable(f"an RSA key needs {_RSA_LEAST_BITS} bits at least")
    return "RS256", rsa


def _read_curve(pem: bytes) -> ECKey:
    try:
        key = ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as error:
        raise KeyUnusable("neither an RSA key nor an elliptic one, as PEM without a password") from error
    if key.curve_name != _CURVE:
        raise KeyUnusable(f"an elliptic key must be on {_CURVE}")
    return key
