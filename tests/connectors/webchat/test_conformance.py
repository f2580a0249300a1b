"""The contract, proven for a site that shares a secret and for two that sign with a private key."""

from connectors.webchat.connector import WebchatConnector
from core.testing.local_conformance import LocalConformance
from tests.connectors.webchat.host import CurveHost, PublicKeyHost, SecretHost


class TestSharedSecret(LocalConformance):
    connector = WebchatConnector
    host = SecretHost


class TestPublicKey(LocalConformance):
    connector = WebchatConnector
    host = PublicKeyHost


class TestCurve(LocalConformance):
    connector = WebchatConnector
    host = CurveHost
