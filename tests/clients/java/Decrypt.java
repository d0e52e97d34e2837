import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEDecrypter;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.crypto.RSADecrypter;
import com.nimbusds.jose.crypto.X25519Decrypter;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.JWKGenerator;
import com.nimbusds.jose.jwk.gen.OctetKeyPairGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes the keys of an application and opens what is encrypted for them, by Nimbus.
 *
 * <p>Arguments and lines are those of decrypt.mjs.
 */
public class Decrypt {
  public static void main(String[] names) throws Exception {
    Map<String, JWEDecrypter> keys = new HashMap<>();
    for (String name : names) {
      JWK key = generate(name);
      keys.put(name, decrypter(key));
      System.out.println(new JWKSet(key.toPublicJWK()));
    }
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      JWEObject token = JWEObject.parse(line);
      token.decrypt(keys.get(token.getHeader().getKeyID()));
      Map<String, Object> opened =
          Map.of("header", token.getHeader().toJSONObject(), "text", token.getPayload().toString());
      System.out.println(JSONObjectUtils.toJSONString(opened));
    }
  }

  private static JWK generate(String name) throws Exception {
    String[] parts = name.split("/");
    JWKGenerator<? extends JWK> generator;
    if (parts.length == 1) {
      generator = new RSAKeyGenerator(2048);
    } else if (parts[1].startsWith("X")) {
      generator = new OctetKeyPairGenerator(Curve.parse(parts[1]));
    } else {
      generator = new ECKeyGenerator(Curve.parse(parts[1]));
    }
    return generator.keyID(name).keyUse(KeyUse.ENCRYPTION).algorithm(JWEAlgorithm.parse(parts[0])).generate();
  }

  private static JWEDecrypter decrypter(JWK key) throws Exception {
    if (key instanceof RSAKey rsa) {
      return new RSADecrypter(rsa);
    }
    return key instanceof OctetKeyPair pair ? new X25519Decrypter(pair) : new ECDHDecrypter((ECKey) key);
  }
}
