// Signs a person in by requests that the application signs, with answers that the server signs: openid-client with the request
// in the address, oauth4webapi, which pushes it, and jose, which encrypts it.
//
// Arguments: issuer, client_id, client_secret, redirect_uri, the private key (PKCS #8 in base64) and its kid. Addresses for
// the browser and its answers are those of openid_client.mjs; the last line is "DONE" and JSON.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import * as jose from "jose";
import * as client from "openid-client";
import * as oauth from "oauth4webapi";

const [issuer, clientId, secret, redirectUri, pkcs8, kid] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const algorithm = { name: "ECDSA", namedCurve: "P-256" };
const key = await crypto.subtle.importKey("pkcs8", Buffer.from(pkcs8, "base64"), algorithm, false, ["sign"]);

async function inBrowser(address) {
  console.log("OPEN", address.href);
  return new URL((await lines.next()).value);
}

async function byOpenidClient() {
  const config = await client.discovery(new URL(issuer), clientId, secret, undefined, {
    execute: [client.allowInsecureRequests],
  });
  client.useJwtResponseMode(config);
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const address = await client.buildAuthorizationUrlWithJAR(
    config,
    {
      redirect_uri: redirectUri,
      scope: "openid email",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      claims: JSON.stringify({ id_token: { email: null } }),
      max_age: "3600",
      state,
      nonce,
    },
    { key, kid },
  );
  const beside = [...address.searchParams.keys()].sort();
  assert.deepEqual(beside, ["client_id", "request"]);
  const back = await inBrowser(address);
  assert.deepEqual([...back.searchParams.keys()], ["response"]);
  const tokens = await client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    maxAge: 3600,
    idTokenExpected: true,
  });
  return tokens.claims().email;
}

async function byOauth4webapi() {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const url = new URL(issuer);
  const found = await oauth.discoveryRequest(url, { algorithm: "oauth2", ...insecure });
  const server = await oauth.processDiscoveryResponse(url, found);
  const app = { client_id: clientId };
  const proof = oauth.ClientSecretBasic(secret);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const parameters = {
    response_type: "code",
    response_mode: "jwt",
    redirect_uri: redirectUri,
    scope: "email",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  };
  const request = await oauth.issueRequestObject(server, app, parameters, { key, kid });
  const answer = await oauth.pushedAuthorizationRequest(server, app, proof, { request }, insecure);
  const { request_uri } = await oauth.processPushedAuthorizationResponse(server, app, answer);
  const address = new URL(server.authorization_endpoint);
  address.search = new URLSearchParams({ client_id: clientId, request_uri }).toString();
  const back = await inBrowser(address);
  const code = await oauth.validateJwtAuthResponse(server, app, back, state, insecure);
  const redeemed = await oauth.authorizationCodeGrantRequest(
    server, app, proof, code, redirectUri, verifier, insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, app, redeemed);
  return tokens.scope;
}

// The signed request encrypted for each key of the server that is for that, by jose.
async function byJose() {
  const server = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const { keys } = await (await fetch(server.jwks_uri)).json();
  const encrypting = keys.filter((known) => known.use === "enc");
  for (const jwk of encrypting) {
    assert(server.request_object_encryption_alg_values_supported.includes(jwk.alg));
    const state = oauth.generateRandomState();
    const parameters = {
      response_type: "code",
      redirect_uri: redirectUri,
      scope: "email",
      code_challenge: await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()),
      code_challenge_method: "S256",
      state,
    };
    const signed = await oauth.issueRequestObject(server, { client_id: clientId }, parameters, { key, kid });
    const request = await new jose.CompactEncrypt(new TextEncoder().encode(signed))
      .setProtectedHeader({ alg: jwk.alg, enc: "A128CBC-HS256", cty: "oauth-authz-req+jwt", kid: jwk.kid })
      .encrypt(await jose.importJWK(jwk));
    const address = new URL(server.authorization_endpoint);
    address.search = new URLSearchParams({ client_id: clientId, request }).toString();
    const back = await inBrowser(address);
    assert.equal(back.searchParams.get("state"), state);
  }
  return encrypting.map((known) => known.alg).sort();
}

const [email, scope, encrypted] = [await byOpenidClient(), await byOauth4webapi(), await byJose()];
console.log("DONE", JSON.stringify({ email, scope, encrypted }));
process.exit(0);
