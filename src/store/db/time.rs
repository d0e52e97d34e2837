//! Instants and spans of time as the database has them: integers, bound and read here for both engines.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type};

use crate::clock::{Seconds, Timestamp};

macro_rules! integer {
    ($time:ty, $from:path, $as:path, $($engine:ty),+) => {
        $(
            impl Type<$engine> for $time {
                fn type_info() -> <$engine as Database>::TypeInfo {
                    <i64 as Type<$engine>>::type_info()
                }

                fn compatible(found: &<$engine as Database>::TypeInfo) -> bool {
                    <i64 as Type<$engine>>::compatible(found)
                }
            }

            impl Encode<'_, $engine> for $time {
                fn encode_by_ref(
                    &self,
                    buffer: &mut <$engine as Database>::ArgumentBuffer,
                ) -> Result<IsNull, BoxDynError> {
                    <i64 as Encode<'_, $engine>>::encode($as(*self), buffer)
                }
            }

            impl Decode<'_, $engine> for $time {
                fn decode(value: <$engine as Database>::ValueRef<'_>) -> Result<Self, BoxDynError> {
                    <i64 as Decode<'_, $engine>>::decode(value).map($from)
                }
            }
        )+
    };
}

integer!(Timestamp, Timestamp::from_unix, Timestamp::as_unix, Sqlite, Postgres);
integer!(Seconds, Seconds::new, Seconds::as_i64, Sqlite, Postgres);
