// An MCP client with a registered client id: it signs a person in, refreshes its token, and calls a tool before and after.
//
// Arguments: the address of the MCP server, client_id, redirect_uri. An address for the browser goes out as a line
// "OPEN address", and where the browser ended comes back as a line; the last line is "DONE" and JSON.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [server, clientId, redirectUrl] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let tokens, verifier;

const authProvider = {
  redirectUrl,
  clientMetadata: { client_name: "Assistant", redirect_uris: [redirectUrl], token_endpoint_auth_method: "none" },
  clientInformation: () => ({ client_id: clientId }),
  tokens: () => tokens,
  saveTokens: (saved) => void (tokens = saved),
  codeVerifier: () => verifier,
  saveCodeVerifier: (saved) => void (verifier = saved),
  redirectToAuthorization: (address) => console.log("OPEN", address.href),
};

async function whoami() {
  const client = new Client({ name: "assistant", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(server), { authProvider }));
  const { content } = await client.callTool({ name: "whoami" });
  await client.close();
  return content[0].text;
}

// Refused without a token; by then the provider has sent the person to the browser.
await assert.rejects(whoami());
const back = new URL((await lines.next()).value);
await auth(authProvider, { serverUrl: server, authorizationCode: back.searchParams.get("code") });
const [first, person] = [tokens, await whoami()];
await auth(authProvider, { serverUrl: server });
const result = { person, again: await whoami(), refreshed: tokens.access_token !== first.access_token };
console.log("DONE", JSON.stringify(result));
process.exit(0);
