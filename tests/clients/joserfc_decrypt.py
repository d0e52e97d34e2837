"""Makes the keys of an application and opens what is encrypted for them, by joserfc.

Arguments and lines are those of decrypt.mjs.
"""

import json
import sys

from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

CONTENTS = ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"]


def generate(name):
    algorithm, _, curve = name.partition("/")
    parameters = {"kid": name, "use": "enc", "alg": algorithm}
    if not curve:
        return RSAKey.generate_key(2048, parameters)
    return (OKPKey if curve.startswith("X") else ECKey).generate_key(curve, parameters)


keys = {name: generate(name) for name in sys.argv[1:]}
for key in keys.values():
    print(json.dumps({"keys": [key.as_dict(private=False)]}), flush=True)
for line in sys.stdin:
    algorithms = [name.partition("/")[0] for name in keys] + CONTENTS
    opened = jwe.decrypt_compact(line.strip(), lambda token: keys[token.headers()["kid"]], algorithms=algorithms)
    print(json.dumps({"header": opened.headers(), "text": opened.plaintext.decode()}), flush=True)
