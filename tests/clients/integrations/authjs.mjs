// Serves Auth.js at /api/auth, as the route of Next.js does: each request goes to Auth() with the recipe's configuration.
//
// Arguments: the port, the configuration's file.
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { Auth } from "@auth/core";

const [port, file] = process.argv.slice(2);
const { default: config } = await import(pathToFileURL(file));

createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const request = new Request(new URL(incoming.url, `http://${incoming.headers.host}`), {
    method: incoming.method,
    headers: incoming.headers,
    body: chunks.length ? Buffer.concat(chunks) : undefined,
  });
  const response = await Auth(request, { basePath: "/api/auth", ...config });
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}).listen(Number(port));
