// Asks for a person by openid-client, waits until that person has answered elsewhere, and asks who that is.
//
// Arguments: issuer, client_id, client_secret. The line "OPEN" and the binding message says that the request waits, and any
// line that comes back that the person has answered; the last line is "DONE" and JSON.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, clientId, secret] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const config = await client.discovery(new URL(issuer), clientId, secret, undefined, {
  execute: [client.allowInsecureRequests],
});
const ask = (login_hint, binding_message) =>
  client.initiateBackchannelAuthentication(config, { scope: "openid read", login_hint, binding_message });

const unknown = await ask("nobody", "W4SCT").catch((error) => error);
const begun = await ask("alice", "W4SCT");
console.log("OPEN", "W4SCT");
const waiting = client.pollBackchannelAuthenticationGrant(config, begun);
await lines.next();
const tokens = await waiting;
const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);

const second = await ask("alice", "ZK7QX");
console.log("OPEN", "ZK7QX");
const denied = client.pollBackchannelAuthenticationGrant(config, second).catch((error) => error);
await lines.next();
const done = {
  unknown: unknown.error,
  expires_in: begun.expires_in,
  scope: tokens.scope,
  name: userinfo.preferred_username ?? userinfo.sub,
  id_token: tokens.id_token !== undefined,
  denied: (await denied).error,
};
console.log("DONE", JSON.stringify(done));
process.exit(0);
