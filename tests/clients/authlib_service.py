"""Gets a service's token, asks about it and gives it back, by Authlib.

Arguments: issuer, client_id, method (private_key_jwt or client_secret_jwt), the private key in PEM or the secret, and the
audience of the assertions.
The last line is "DONE" and JSON: what was told of the token before and after.
"""

import json
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc.jwk import ECKey

issuer, client_id, method, key, audience = sys.argv[1:]

server = requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=10).json()
assert method in server["token_endpoint_auth_methods_supported"]

if method == "private_key_jwt":
    key = ECKey.import_key(key)
session = OAuth2Session(
    client_id, key, scope="read", token_endpoint_auth_method=method, revocation_endpoint_auth_method=method
)
if method == "private_key_jwt":
    session.register_client_auth_method(PrivateKeyJWT(audience, alg="ES256"))
else:
    session.register_client_auth_method(ClientSecretJWT(audience))

tokens = session.fetch_token(server["token_endpoint"], grant_type="client_credentials")
before = session.introspect_token(server["introspection_endpoint"], token=tokens["access_token"]).json()
answer = session.revoke_token(server["revocation_endpoint"], token=tokens["access_token"])
assert answer.status_code == 200 and answer.content == b"", answer
after = session.introspect_token(server["introspection_endpoint"], token=tokens["access_token"]).json()
print("DONE", json.dumps({"before": before, "after": after}), flush=True)
