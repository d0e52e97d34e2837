// Gets a token with a certificate, and presents it with the certificate and without, by openid-client.
//
// Arguments: issuer, client_id, and files: what it trusts, its certificate, its key. The last line is "DONE" and JSON.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import * as client from "openid-client";

const [issuer, clientId, trusted, certificate, key] = process.argv.slice(2);
const ca = readFileSync(trusted);
const identity = { cert: readFileSync(certificate), key: readFileSync(key) };

// fetch of Node.js shows no certificate.
const fetchWith = (own) => (url, { method, headers, body }) =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: Object.fromEntries(new Headers(headers)), ca, ...own }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        resolve(new Response(Buffer.concat(parts), { status: answer.statusCode, headers: answer.headers }));
      });
    });
    sent.on("error", reject);
    sent.end(body?.toString());
  });

const metadata = { use_mtls_endpoint_aliases: true };
const config = await client.discovery(new URL(issuer), clientId, metadata, client.TlsClientAuth(), {
  [client.customFetch]: fetchWith(identity),
});
const tokens = await client.clientCredentialsGrant(config, { scope: "grantor.clients.read" });
const introspected = await client.tokenIntrospection(config, tokens.access_token);
const api = new URL("/api/v1/clients", config.serverMetadata().mtls_endpoint_aliases.userinfo_endpoint);
const status = async (own) => {
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  return (await fetchWith(own)(api, { method: "GET", headers })).status;
};
const done = { cnf: introspected.cnf, with: await status(identity), without: await status({}) };
console.log("DONE", JSON.stringify(done));
