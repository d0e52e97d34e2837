"""Signs a person in by a request that the application signs, by Authlib and joserfc.

Arguments: issuer, client_id, client_secret, redirect_uri, the private key in PEM and its kid. Addresses for the browser and
its answers are those of authlib_client.py; the last line is "DONE" and JSON.
"""

import json
import secrets
import sys
import time

import requests
from authlib.common.urls import add_params_to_uri, url_decode
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from urllib.parse import parse_qs, urlencode, urlparse

issuer, client_id, client_secret, redirect_uri, key, kid = sys.argv[1:]
server = requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=10).json()
assert server["request_parameter_supported"] is True
assert "ES256" in server["request_object_signing_alg_values_supported"]

session = OAuth2Session(
    client_id, client_secret, scope="email", redirect_uri=redirect_uri, code_challenge_method="S256"
)
verifier = secrets.token_urlsafe(48)
address, state = session.create_authorization_url(
    server["authorization_endpoint"], code_verifier=verifier, response_mode="jwt"
)
# Authlib makes the parameters, and joserfc signs them.
endpoint, parameters = address.split("?", 1)
now = int(time.time())
claims = {**dict(url_decode(parameters)), "iss": client_id, "aud": issuer, "nbf": now, "exp": now + 60}
header = {"alg": "ES256", "kid": kid, "typ": "oauth-authz-req+jwt"}
request = jwt.encode(header, claims, ECKey.import_key(key), algorithms=["ES256"])
print("OPEN", add_params_to_uri(endpoint, {"client_id": client_id, "request": request}.items()), flush=True)
back = sys.stdin.readline().strip()

keys = KeySet.import_key_set(requests.get(server["jwks_uri"], timeout=10).json())
algorithms = server["authorization_signing_alg_values_supported"]
response = jwt.decode(parse_qs(urlparse(back).query)["response"][0], keys, algorithms=algorithms).claims
expected = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
jwt.JWTClaimsRegistry(exp={"essential": True}, **expected).validate(response)
answer = {name: value for name, value in response.items() if name not in ("iss", "aud", "exp")}
tokens = session.fetch_token(
    server["token_endpoint"],
    authorization_response=f"{redirect_uri}?{urlencode(answer)}",
    state=state,
    code_verifier=verifier,
)
print("DONE", json.dumps({"scope": tokens["scope"]}), flush=True)
