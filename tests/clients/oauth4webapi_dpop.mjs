// Signs a person in with DPoP by oauth4webapi, step by step, and repeats each request that needs a nonce.
//
// Arguments: issuer, client_id, client_secret (or "none" for a public client), redirect_uri, the algorithm of the key.
// Addresses for the browser go out as lines "OPEN address", and where the browser ended comes back as a line; the last line
// is "DONE" and JSON.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import * as oauth from "oauth4webapi";

const [issuer, client_id, secret, redirectUri, algorithm] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const insecure = { [oauth.allowInsecureRequests]: true };

const url = new URL(issuer);
const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
assert.ok(as.dpop_signing_alg_values_supported.includes(algorithm));
const client = { client_id };
const authentication = secret === "none" ? oauth.None() : oauth.ClientSecretBasic(secret);
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(algorithm));
const options = { DPoP, ...insecure };
let retries = 0;

// Sends a request and reads its answer, and does both once more if the proof needs a nonce.
async function twice(send, read) {
  try {
    return await read(await send());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    retries += 1;
    return read(await send());
  }
}

const verifier = oauth.generateRandomCodeVerifier();
const parameters = new URLSearchParams({
  redirect_uri: redirectUri,
  response_type: "code",
  scope: "openid profile",
  state: "s",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
const pushed = await twice(
  () => oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options),
  (answer) => oauth.processPushedAuthorizationResponse(as, client, answer),
);
const address = new URL(as.authorization_endpoint);
address.searchParams.set("client_id", client_id);
address.searchParams.set("request_uri", pushed.request_uri);
console.log("OPEN", address.href);
const back = oauth.validateAuthResponse(as, client, new URL((await lines.next()).value), "s");

const tokens = await twice(
  () => oauth.authorizationCodeGrantRequest(as, client, authentication, back, redirectUri, verifier, options),
  (answer) => oauth.processAuthorizationCodeResponse(as, client, answer, { requireIdToken: true }),
);
assert.equal(tokens.token_type, "dpop");
const { sub } = oauth.getValidatedIdTokenClaims(tokens);
const userinfo = await twice(
  () => oauth.userInfoRequest(as, client, tokens.access_token, options),
  (answer) => oauth.processUserInfoResponse(as, client, sub, answer),
);
const refreshed = await twice(
  () => oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token, options),
  (answer) => oauth.processRefreshTokenResponse(as, client, answer),
);
const again = await twice(
  () => oauth.userInfoRequest(as, client, refreshed.access_token, options),
  (answer) => oauth.processUserInfoResponse(as, client, sub, answer),
);
const jkt = await DPoP.calculateThumbprint();
console.log("DONE", JSON.stringify({ userinfo, again, jkt, token: refreshed.access_token, retries }));
process.exit(0);
