// Signs a person in for an API, and lets that API call the one behind it for the person, by openid-client.
//
// Arguments: issuer, client_id, client_secret, redirect_uri, the API's client_id and client_secret, its resource, and the
// resource behind it. The address for the browser goes out as a line "OPEN address", and where the browser ended comes
// back as a line; the last line is "DONE" and JSON.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { decodeJwt } from "jose";
import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri, apiId, apiSecret, resource, behind] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const insecure = { execute: [client.allowInsecureRequests] };

const web = await client.discovery(new URL(issuer), clientId, secret, undefined, insecure);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = client.buildAuthorizationUrl(web, {
  redirect_uri: redirectUri,
  scope: "openid read",
  resource,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
console.log("OPEN", address.href);
const back = new URL((await lines.next()).value);
const tokens = await client.authorizationCodeGrant(web, back, { pkceCodeVerifier: verifier, expectedState: state });

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const api = await client.discovery(new URL(issuer), apiId, apiSecret, undefined, insecure);
assert(api.serverMetadata().grant_types_supported.includes(GRANT));
const exchanged = await client.genericGrantRequest(api, GRANT, {
  subject_token: tokens.access_token,
  subject_token_type: ACCESS_TOKEN,
  resource: behind,
});
const introspected = await client.tokenIntrospection(api, exchanged.access_token);
const claims = decodeJwt(exchanged.access_token);
await client.tokenRevocation(web, tokens.access_token);
const after = await client.tokenIntrospection(api, exchanged.access_token);
const sub = tokens.claims().sub;
console.log("DONE", JSON.stringify({ sub, type: exchanged.issued_token_type, claims, introspected, after }));
process.exit(0);
