// Makes the keys of an application and opens what is encrypted for them, by jose.
//
// Arguments: an algorithm for each key, with a curve where it needs one, such as RSA-OAEP-256 or ECDH-ES/P-256. A public
// JWK Set for each goes out as a line, in which the key has the name of its argument; each line that comes in is a token,
// and goes out again as JSON: its header and what was in it.
import { createInterface } from "node:readline";
import * as jose from "jose";

const keys = {};
for (const name of process.argv.slice(2)) {
  const [algorithm, crv] = name.split("/");
  const pair = await jose.generateKeyPair(algorithm, { extractable: true, ...(crv && { crv }) });
  keys[name] = pair.privateKey;
  const jwk = { ...(await jose.exportJWK(pair.publicKey)), kid: name, use: "enc", alg: algorithm };
  const signing = await jose.exportJWK((await jose.generateKeyPair("ES256", { extractable: true })).publicKey);
  console.log(JSON.stringify({ keys: [{ ...signing, use: "sig" }, { kty: "later", x: 1 }, jwk] }));
}
for await (const token of createInterface({ input: process.stdin })) {
  const { kid } = jose.decodeProtectedHeader(token);
  const { plaintext, protectedHeader } = await jose.compactDecrypt(token, keys[kid]);
  console.log(JSON.stringify({ header: protectedHeader, text: new TextDecoder().decode(plaintext) }));
}
