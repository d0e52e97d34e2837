// Asks for authorization details by openid-client (RFC 9396): a pushed request, a code, and a refresh.
//
// Arguments: issuer, client_id, client_secret, redirect_uri, details as JSON. Addresses for the browser go out as lines
// "OPEN address", and where the browser ended comes back as a line; the last line is "DONE" and JSON.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri, details] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const config = await client.discovery(new URL(issuer), clientId, secret, undefined, {
  execute: [client.allowInsecureRequests],
});
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: redirectUri,
  authorization_details: details,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
console.log("OPEN", address.href);
const back = new URL((await lines.next()).value);
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state });
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
const introspection = await client.tokenIntrospection(config, refreshed.access_token);
console.log(
  "DONE",
  JSON.stringify({
    supported: config.serverMetadata().authorization_details_types_supported,
    granted: tokens.authorization_details,
    refreshed: refreshed.authorization_details,
    introspected: introspection.authorization_details,
  }),
);
process.exit(0);
