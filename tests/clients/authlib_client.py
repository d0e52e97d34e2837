"""Signs a person in, asks who that is, refreshes and signs out, by Authlib.

Arguments: issuer, client_id, client_secret, redirect_uri, post_logout_redirect_uri. Addresses for the browser go out
as lines "OPEN address", and where the browser ended comes back as a line; the last line is "DONE" and JSON.
"""

import json
import secrets
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

issuer, client_id, client_secret, redirect_uri, goodbye = sys.argv[1:]


def in_browser(address):
    print("OPEN", address, flush=True)
    return sys.stdin.readline().strip()


server = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
assert server["issuer"] == issuer
keys = KeySet.import_key_set(requests.get(server["jwks_uri"], timeout=10).json())


def verified(tokens, **expected):
    """The claims of an ID Token that Authlib accepts."""
    algorithms = server["id_token_signing_alg_values_supported"]
    token = jwt.decode(tokens["id_token"], keys, algorithms=algorithms)
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        params={"client_id": client_id, "access_token": tokens["access_token"], **expected},
    )
    claims.validate()
    return claims


session = OAuth2Session(
    client_id,
    client_secret,
    scope="openid profile email offline_access",
    redirect_uri=redirect_uri,
    code_challenge_method="S256",
)
verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
address, state = session.create_authorization_url(
    server["authorization_endpoint"], code_verifier=verifier, nonce=nonce
)
back = in_browser(address)
tokens = session.fetch_token(
    server["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
)
claims = verified(tokens, nonce=nonce)
assert claims["nonce"] == nonce

told = session.get(server["userinfo_endpoint"]).json()
assert told["sub"] == claims["sub"]

refreshed = session.refresh_token(server["token_endpoint"], refresh_token=tokens["refresh_token"])
assert refreshed["access_token"] != tokens["access_token"]
assert verified(refreshed)["sub"] == claims["sub"]

leave = requests.Request(
    "GET",
    server["end_session_endpoint"],
    params={"id_token_hint": refreshed["id_token"], "post_logout_redirect_uri": goodbye, "state": "left"},
).prepare()
left = in_browser(leave.url)

print("DONE", json.dumps({"userinfo": told, "amr": claims["amr"], "left": left}), flush=True)
