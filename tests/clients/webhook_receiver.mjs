// A receiver of webhooks that verifies each message by the library of the Standard Webhooks project.
//
// It prints its port, reads secrets from standard input, one on each line, and verifies with the last one. It prints a line
// of JSON for each message: what it says if it is genuine, and which changed messages the library refused.
import http from "node:http";
import readline from "node:readline";
import { Webhook } from "standardwebhooks";

let secret;
readline.createInterface({ input: process.stdin }).on("line", (line) => (secret = line));

function verified(key, body, headers) {
  try {
    return new Webhook(key).verify(body, headers);
  } catch {
    return null;
  }
}

const server = http.createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const other = "whsec_" + Buffer.alloc(32, 7).toString("base64");
  const changed = {
    "another secret": [other, body, request.headers],
    "another body": [secret, body + " ", request.headers],
    "another id": [secret, body, { ...request.headers, "webhook-id": "other" }],
  };
  const refused = Object.keys(changed).filter((name) => verified(...changed[name]) === null);
  console.log(JSON.stringify({ verified: verified(secret, body, request.headers), refused }));
  response.writeHead(204).end();
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
