import hashlib
import hmac

from mycrypto_local.simulate import signature


def test_the_signature_covers_time_and_body() -> None:
    header = signature("secret", b'{"a":1}', 1_700_000_000)
    expected = hmac.new(b"secret", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert header == f"t=1700000000,v1={expected}"
    assert signature("secret", b'{"a":2}', 1_700_000_000) != header
    assert signature("secret", b'{"a":1}', 1_700_000_001) != header
