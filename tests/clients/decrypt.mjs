// Makes the key of an application and opens what is encrypted for it, by jose.
//
// Argument: an algorithm such as RSA-OAEP-256. The public JWK Set goes out as a line; each line that comes in is a token,
// and goes out again as JSON: its header and what was in it.
import { createInterface } from "node:readline";
import * as jose from "jose";

const [algorithm, curve] = process.argv.slice(2);
const pair = await jose.generateKeyPair(algorithm, { extractable: true, ...(curve && { crv: curve }) });
const jwk = { ...(await jose.exportJWK(pair.publicKey)), kid: "k1", use: "enc", alg: algorithm };
const signing = await jose.exportJWK((await jose.generateKeyPair("ES256", { extractable: true })).publicKey);
console.log(JSON.stringify({ keys: [{ ...signing, use: "sig" }, { kty: "later", x: 1 }, jwk] }));
for await (const token of createInterface({ input: process.stdin })) {
  const { plaintext, protectedHeader } = await jose.compactDecrypt(token, pair.privateKey);
  console.log(JSON.stringify({ header: protectedHeader, text: new TextDecoder().decode(plaintext) }));
}
