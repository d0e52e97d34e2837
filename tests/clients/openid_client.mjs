// Signs a person in, asks who that is, refreshes and signs out, by openid-client.
//
// Arguments: issuer, client_id, client_secret, redirect_uri, post_logout_redirect_uri. Addresses for the browser go
// out as lines "OPEN address", and where the browser ended comes back as a line; the last line is "DONE" and JSON.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri, goodbye] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function inBrowser(address) {
  console.log("OPEN", address.href);
  return new URL((await lines.next()).value);
}

const config = await client.discovery(new URL(issuer), clientId, secret, undefined, {
  execute: [client.allowInsecureRequests],
});
// Verified although they come straight from the token endpoint: the keys are judged, too.
client.enableNonRepudiationChecks(config);

const verifier = client.randomPKCECodeVerifier();
const [state, nonce] = [client.randomState(), client.randomNonce()];
const back = await inBrowser(
  client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    max_age: "3600",
    state,
    nonce,
  }),
);
const tokens = await client.authorizationCodeGrant(config, back, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  maxAge: 3600,
  idTokenExpected: true,
});
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);

const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
assert.notEqual(refreshed.access_token, tokens.access_token);
assert.equal(refreshed.claims().sub, claims.sub);

const left = await inBrowser(
  client.buildEndSessionUrl(config, {
    id_token_hint: refreshed.id_token,
    post_logout_redirect_uri: goodbye,
    state: "left",
  }),
);
console.log("DONE", JSON.stringify({ userinfo, amr: claims.amr, left: left.href }));
process.exit(0);
