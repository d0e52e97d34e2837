// Signs a person in with DPoP by openid-client: pushes the request, redeems the code, asks who that is, and refreshes.
//
// Arguments: issuer, client_id, client_secret (or "none" for a public client), redirect_uri, the algorithm of the key.
// Addresses for the browser go out as lines "OPEN address", and where the browser ended comes back as a line; the last line
// is "DONE" and JSON.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri, algorithm] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function inBrowser(address) {
  console.log("OPEN", address.href);
  return new URL((await lines.next()).value);
}

const authentication = secret === "none" ? client.None() : client.ClientSecretBasic(secret);
const config = await client.discovery(new URL(issuer), clientId, undefined, authentication, {
  execute: [client.allowInsecureRequests],
});
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(algorithm));
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = await client.buildAuthorizationUrlWithPAR(
  config,
  {
    redirect_uri: redirectUri,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  },
  { DPoP },
);
const back = await inBrowser(address);
const checks = { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP });
assert.equal(tokens.token_type, "dpop");
const sub = tokens.claims().sub;
const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
assert.notEqual(refreshed.access_token, tokens.access_token);
const again = await client.fetchUserInfo(config, refreshed.access_token, sub, { DPoP });

// Another key cannot use the token, nor can no key.
const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair(algorithm));
await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, sub, { DPoP: thief }));
await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, sub));
const jkt = await DPoP.calculateThumbprint();
console.log("DONE", JSON.stringify({ userinfo, again, jkt, token: refreshed.access_token }));
process.exit(0);
