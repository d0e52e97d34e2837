// Signs a person in by openid-client, and asks who that is.
//
// Arguments: issuer, client_id, client_secret, redirect_uri. The address for the browser goes out as a line
// "OPEN address", and where the browser ended comes back as a line; the last line is "DONE" and JSON.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const config = await client.discovery(new URL(issuer), clientId, secret, undefined, {
  execute: [client.allowInsecureRequests],
});
const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()];
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: "openid read",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
});
console.log("OPEN", address.href);
const back = new URL((await lines.next()).value);
const tokens = await client.authorizationCodeGrant(config, back, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  idTokenExpected: true,
});
const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
console.log("DONE", JSON.stringify({ scope: tokens.scope, sub: userinfo.sub }));
process.exit(0);
