import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.AuthorizationGrant;
import com.nimbusds.oauth2.sdk.AuthorizationRequest;
import com.nimbusds.oauth2.sdk.AuthorizationResponse;
import com.nimbusds.oauth2.sdk.PushedAuthorizationRequest;
import com.nimbusds.oauth2.sdk.PushedAuthorizationResponse;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseMode;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.JWTAuthenticationClaimsSet;
import com.nimbusds.oauth2.sdk.auth.PKITLSClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.dpop.DPoPProofFactory;
import com.nimbusds.oauth2.sdk.dpop.DefaultDPoPProofFactory;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.jarm.JARMValidator;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.op.ReadOnlyOIDCProviderEndpointMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Signs a person in as a client that keeps FAPI 2.0 Message Signing, by the OAuth 2.0 SDK of Nimbus: a signed request that is
 * pushed, a signed answer, and tokens that are bound to a key (DPoP) or to a certificate.
 *
 * <p>Arguments: issuer, client_id, redirect_uri, the private key (PKCS #8 in base64) and its kid. With a certificate also: a file
 * with what it trusts, a file with its certificate, and the certificate's private key (PKCS #8 in base64). The address for the
 * browser goes out as a line "OPEN address", and where the browser ended comes back as a line; the last line is "DONE" and JSON.
 */
public class Fapi {
  private final Issuer issuer;
  private final ClientID id;
  private final PrivateKey key;
  private final String kid;
  private final OIDCProviderMetadata server;
  /** Where the client shows its certificate, if it has one. */
  private final ReadOnlyOIDCProviderEndpointMetadata endpoints;
  private final SSLSocketFactory certificate;
  private final DPoPProofFactory proofs;
  private Nonce nonce;
  private int retries;

  private interface Asking {
    HTTPRequest make() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    var redirect = URI.create(arguments[2]);
    SSLSocketFactory certificate = null;
    if (arguments.length > 5) {
      HTTPRequest.setDefaultSSLSocketFactory(tls(arguments[5], null));
      KeyStore.PrivateKeyEntry own = new KeyStore.PrivateKeyEntry(
          privateKey(arguments[7]), new Certificate[] {certificate(arguments[6])});
      certificate = tls(arguments[5], own);
    }
    var client = new Fapi(arguments[0], arguments[1], arguments[3], arguments[4], certificate);
    System.out.println("DONE " + JSONObjectUtils.toJSONString(client.run(redirect)));
  }

  private Fapi(String issuer, String id, String key, String kid, SSLSocketFactory certificate) throws Exception {
    this.issuer = new Issuer(issuer);
    this.id = new ClientID(id);
    this.key = privateKey(key);
    this.kid = kid;
    this.certificate = certificate;
    server = OIDCProviderMetadata.resolve(this.issuer);
    if (certificate == null) {
      proofs = new DefaultDPoPProofFactory(new ECKeyGenerator(Curve.P_256).generate(), JWSAlgorithm.ES256);
      endpoints = server;
    } else {
      proofs = null;
      endpoints = server.getReadOnlyMtlsEndpointAliases();
    }
  }

  private Map<String, Object> run(URI redirect) throws Exception {
    var keys = JWKSet.parse(get(server.getJWKSetURI()));
    var verifier = new CodeVerifier();
    var nonce = new Nonce();
    var state = new State();
    var asked = new AuthenticationRequest.Builder(
            new ResponseType("code"), new Scope("openid", "profile", "offline_access"), id, redirect)
        .state(state)
        .nonce(nonce)
        .responseMode(ResponseMode.JWT)
        .codeChallenge(verifier, CodeChallengeMethod.S256)
        .build();
    var object = signed(asked.toJWTClaimsSet());
    var pushed = PushedAuthorizationResponse.parse(send(() -> new PushedAuthorizationRequest(
            endpoints.getPushedAuthorizationRequestEndpointURI(),
            authentication(),
            new AuthorizationRequest.Builder(object, id).build())
        .toHTTPRequest(), null));
    if (!pushed.indicatesSuccess()) {
      throw new Exception(pushed.toErrorResponse().getErrorObject().toJSONObject().toString());
    }
    var address = new AuthorizationRequest.Builder(pushed.toSuccessResponse().getRequestURI(), id)
        .endpointURI(server.getAuthorizationEndpointURI())
        .build()
        .toURI();
    System.out.println("OPEN " + address);
    var back = new BufferedReader(new InputStreamReader(System.in)).readLine();

    var validator = new JARMValidator(issuer, id, JWSAlgorithm.ES256, keys);
    var answer = AuthorizationResponse.parse(URI.create(back), validator);
    if (!answer.indicatesSuccess() || !state.equals(answer.getState())) {
      throw new Exception(back);
    }
    var code = answer.toSuccessResponse().getAuthorizationCode();
    OIDCTokens tokens = redeem(new AuthorizationCodeGrant(code, redirect, verifier));
    new IDTokenValidator(issuer, id, JWSAlgorithm.ES256, keys).validate(tokens.getIDToken(), nonce);
    OIDCTokens refreshed = redeem(new RefreshTokenGrant(tokens.getRefreshToken()));

    Map<String, Object> done = new HashMap<>();
    done.put("type", tokens.getAccessToken().getType().getValue());
    done.put("userinfo", userinfo(tokens.getAccessToken()));
    done.put("again", userinfo(refreshed.getAccessToken()));
    done.put("stays", tokens.getRefreshToken().equals(refreshed.getRefreshToken()));
    done.put("introspected", introspect(refreshed.getAccessToken()));
    done.put("retries", retries);
    return done;
  }

  private SignedJWT signed(JWTClaimsSet parameters) throws Exception {
    var now = new Date();
    var claims = new JWTClaimsSet.Builder(parameters)
        .issuer(id.getValue())
        .audience(issuer.getValue())
        .notBeforeTime(now)
        .expirationTime(new Date(now.getTime() + 60_000))
        .build();
    var type = new JOSEObjectType("oauth-authz-req+jwt");
    var object = new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.ES256).type(type).keyID(kid).build(), claims);
    object.sign(new ECDSASigner((ECPrivateKey) key));
    return object;
  }

  /** What proves who the client is: an assertion, a new one each time, or its certificate. */
  private ClientAuthentication authentication() throws Exception {
    if (certificate != null) {
      return new PKITLSClientAuthentication(id, certificate);
    }
    var claims = new JWTAuthenticationClaimsSet(id, new Audience(issuer));
    return new PrivateKeyJWT(claims, JWSAlgorithm.ES256, key, kid, null);
  }

  private OIDCTokens redeem(AuthorizationGrant grant) throws Exception {
    var answer = send(
        () -> new TokenRequest.Builder(endpoints.getTokenEndpointURI(), authentication(), grant)
            .build()
            .toHTTPRequest(),
        null);
    answer.ensureStatusCode(200);
    return OIDCTokenResponse.parse(answer).getOIDCTokens();
  }

  private Map<String, Object> userinfo(AccessToken token) throws Exception {
    var answer = send(() -> new UserInfoRequest(endpoints.getUserInfoEndpointURI(), token).toHTTPRequest(), token);
    answer.ensureStatusCode(200);
    return answer.getBodyAsJSONObject();
  }

  private Map<String, Object> introspect(AccessToken token) throws Exception {
    var answer = new TokenIntrospectionRequest(
            endpoints.getIntrospectionEndpointURI(), authentication(), token)
        .toHTTPRequest()
        .send();
    answer.ensureStatusCode(200);
    return answer.getBodyAsJSONObject();
  }

  /** Sends a request with what tokens are bound to, and once more if the proof needs a nonce. */
  private HTTPResponse send(Asking asking, AccessToken token) throws Exception {
    HTTPResponse answer = sendOnce(asking.make(), token);
    if (answer.getStatusCode() >= 400 && answer.getDPoPNonce() != null) {
      retries += 1;
      nonce = answer.getDPoPNonce();
      answer = sendOnce(asking.make(), token);
    }
    if (answer.getDPoPNonce() != null) {
      nonce = answer.getDPoPNonce();
    }
    return answer;
  }

  private HTTPResponse sendOnce(HTTPRequest request, AccessToken token) throws Exception {
    if (certificate != null) {
      request.setSSLSocketFactory(certificate);
    } else {
      request.setDPoP(proofs.createDPoPJWT(request.getMethod().name(), request.getURI(), token, nonce));
    }
    return request.send();
  }

  private static String get(URI address) throws Exception {
    var answer = new HTTPRequest(HTTPRequest.Method.GET, address).send();
    answer.ensureStatusCode(200);
    return answer.getBody();
  }

  private static PrivateKey privateKey(String base64) throws Exception {
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
  }

  private static Certificate certificate(String file) throws Exception {
    try (var text = new FileInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(text);
    }
  }

  /** Connections that trust the certificate in a file, and show one if there is one. */
  private static SSLSocketFactory tls(String trusted, KeyStore.PrivateKeyEntry own) throws Exception {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("server", certificate(trusted));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    KeyManager[] shown = null;
    if (own != null) {
      store.setEntry("own", own, new KeyStore.PasswordProtection(new char[0]));
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, new char[0]);
      shown = keys.getKeyManagers();
    }
    var context = SSLContext.getInstance("TLS");
    context.init(shown, trust.getTrustManagers(), null);
    return context.getSocketFactory();
  }
}
