//! Keys on curves, and key agreement (RFC 7518 §4.6 and §6.2, RFC 8037 §2 and §3.2).

use aws_lc_rs::agreement::{
    self, Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey, PrivateKey, UnparsedPublicKey, X25519,
};
use aws_lc_rs::error::Unspecified;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::member::member;
use crate::secret::to_base64url;

/// The first byte of an uncompressed point (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
    X25519,
}

impl Curve {
    pub(super) const ALL: [Self; 4] = [Self::P256, Self::P384, Self::P521, Self::X25519];

    fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::X25519 => "X25519",
        }
    }

    fn key_type(self) -> &'static str {
        if self == Self::X25519 { "OKP" } else { "EC" }
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::P256 => &ECDH_P256,
            Self::P384 => &ECDH_P384,
            Self::P521 => &ECDH_P521,
            Self::X25519 => &X25519,
        }
    }

    /// The length of a coordinate, and of a private key, in bytes.
    fn bytes(self) -> usize {
        match self {
            Self::P256 | Self::X25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The curve that a JWK names by `kty` and `crv`; `None` if the curve is not supported.
    fn of(jwk: &Value) -> Option<Self> {
        let named = (jwk["kty"].as_str()?, jwk["crv"].as_str()?);
        Self::ALL.into_iter().find(|curve| (curve.key_type(), curve.name()) == named)
    }
}

/// A public key on a curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    curve: Curve,
    /// An uncompressed point; on X25519 the only coordinate.
    bytes: Vec<u8>,
}

/// The members of a public key on a curve, in the order of RFC 7520.
#[derive(Debug, Serialize)]
pub(super) struct PointJwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
}

impl Point {
    /// Reads the public members of a JWK; `None` if it is not a point on a supported curve.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let curve = Curve::of(jwk)?;
        let coordinate =
            |name: &str| member(jwk, name).filter(|coordinate| coordinate.len() == curve.bytes());
        let x = coordinate("x")?;
        let bytes = match curve {
            Curve::X25519 => x,
            _ => [&[UNCOMPRESSED][..], &x, &coordinate("y")?].concat(),
        };
        // Checks that the point is on the curve.
        ParsedPublicKey::try_from(UnparsedPublicKey::new(curve.algorithm(), &bytes)).ok()?;
        Some(Self { curve, bytes })
    }

    pub(super) fn jwk(&self) -> PointJwk {
        let (x, y) = match self.curve {
            Curve::X25519 => (&self.bytes[..], None),
            _ => {
                let coordinates = self.bytes.get(1..).unwrap_or_default();
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                (x, Some(y))
            }
        };
        PointJwk {
            kty: self.curve.key_type(),
            crv: self.curve.name(),
            x: to_base64url(x),
            y: y.map(to_base64url),
        }
    }
}

/// A private key on a curve.
#[derive(Debug)]
pub(super) struct CurveKey {
    curve: Curve,
    key: PrivateKey,
}

impl CurveKey {
    /// Reads a private JWK; `None` if it is not on a supported curve, or its parts do not belong together.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let public = Point::read(jwk)?;
        let secret = Zeroizing::new(member(jwk, "d")?);
        let key = PrivateKey::from_private_key(public.curve.algorithm(), &secret).ok()?;
        let key = Self { curve: public.curve, key };
        (key.public().ok()? == public).then_some(key)
    }

    /// Reads a private key on P-256 in PKCS #8; `None` if it is not such a key.
    pub(super) fn p256_from_pkcs8(bytes: &[u8]) -> Option<Self> {
        let key = PrivateKey::from_private_key_der(Curve::P256.algorithm(), bytes).ok()?;
        Some(Self { curve: Curve::P256, key })
    }

    /// Makes a key for one agreement with `other`, on the same curve.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub(super) fn ephemeral(other: &Point) -> Result<Self, Unspecified> {
        Ok(Self { curve: other.curve, key: PrivateKey::generate(other.curve.algorithm())? })
    }

    /// The public part of the key.
    ///
    /// # Errors
    /// If the cryptographic library fails.
    pub(super) fn public(&self) -> Result<Point, Unspecified> {
        Ok(Point { curve: self.curve, bytes: self.key.compute_public_key()?.as_ref().to_vec() })
    }

    /// Computes the shared secret of both keys, and returns what `derive` makes of it.
    ///
    /// # Errors
    /// If the other key is on another curve, or is one of the few points of X25519 whose secret everyone knows.
    pub(super) fn agree<T>(
        &self,
        other: &Point,
        derive: impl FnOnce(&[u8]) -> Result<T, Unspecified>,
    ) -> Result<T, Unspecified> {
        if other.curve != self.curve {
            return Err(Unspecified);
        }
        let other = UnparsedPublicKey::new(other.curve.algorithm(), &other.bytes);
        agreement::agree(&self.key, other, Unspecified, derive)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(curve: Curve) -> CurveKey {
        CurveKey { curve, key: PrivateKey::generate(curve.algorithm()).unwrap() }
    }

    #[test]
    fn both_sides_agree_and_a_point_is_restored_from_its_jwk() {
        for curve in Curve::ALL {
            let (ours, theirs) = (key(curve), key(curve));
            let secret = |key: &CurveKey, other: &CurveKey| {
                key.agree(&other.public().unwrap(), |secret| Ok(secret.to_vec())).unwrap()
            };
            assert_eq!(secret(&ours, &theirs), secret(&theirs, &ours));
            let public = ours.public().unwrap();
            let jwk = serde_json::to_value(public.jwk()).unwrap();
            assert_eq!(Point::read(&jwk), Some(public), "{jwk}");
        }
    }

    #[test]
    fn keys_on_different_curves_do_not_agree() {
        for curve in Curve::ALL {
            for other in Curve::ALL.into_iter().filter(|other| *other != curve) {
                let other = key(other).public().unwrap();
                assert!(key(curve).agree(&other, |_| Ok(())).is_err(), "{curve:?} {other:?}");
            }
        }
    }

    #[test]
    fn only_points_on_the_curve_are_accepted() {
        let good = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        assert!(Point::read(&good).is_some());
        for (name, value) in [
            ("kty", json!("OKP")),
            ("crv", json!("P-384")),
            ("crv", json!("secp256k1")),
            ("crv", Value::Null),
            ("x", json!("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEY")),
            ("x", json!("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA")),
            ("x", json!(7)),
            ("y", json!("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
            ("y", json!("")),
            ("y", json!("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0=")),
        ] {
            let mut jwk = good.clone();
            jwk[name] = value;
            assert_eq!(Point::read(&jwk), None, "{jwk}");
        }
        for other in [json!(7), json!([]), json!({}), json!({ "kty": "OKP", "crv": "X25519", "x": "AAAA" })] {
            assert_eq!(Point::read(&other), None, "{other}");
        }
    }

    #[test]
    fn weak_points_of_x25519_are_refused() {
        let jwk = json!({ "kty": "OKP", "crv": "X25519", "x": to_base64url(&[0; 32]) });
        let weak = Point::read(&jwk).unwrap();
        assert!(key(Curve::X25519).agree(&weak, |_| Ok(())).is_err());
    }
}
