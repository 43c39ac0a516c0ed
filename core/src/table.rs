//! Rows of tables, from the JSON that is prepared of the TOML that people write.
//!
//! They are read member by member out of a [`Value`], which takes a fraction of the code that a reader
//! of its own for each row would. That both read the same is a test of each table.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer as _};
use serde_json::Value;

/// What stands in a member of a row.
pub(crate) trait Cell: Sized {
    /// Reads it; `None` if it is of another kind.
    fn read(value: &Value) -> Option<Self>;

    /// What a member stands for that is missing; `None` if it has to be there.
    fn missing() -> Option<Self> {
        None
    }
}

/// The member of this name.
pub(crate) fn member<T: Cell>(row: &Value, name: &str) -> Option<T> {
    row.get(name).map_or_else(T::missing, T::read)
}

/// The rows of the table of this name in a prepared text; none if one can't be read.
pub(crate) fn rows<T: Cell>(text: &str, name: &str) -> Vec<T> {
    let table = serde_json::from_str::<Value>(text).ok();
    table.and_then(|table| member(&table, name)).unwrap_or_default()
}

/// A name of an enumeration.
pub(crate) fn name<T: for<'de> Deserialize<'de>>(value: &Value) -> Option<T> {
    let text: StrDeserializer<'_, Error> = value.as_str()?.into_deserializer();
    T::deserialize(text).ok()
}

impl Cell for String {
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn missing() -> Option<Self> {
        Some(Self::new())
    }
}

impl Cell for bool {
    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn missing() -> Option<Self> {
        Some(false)
    }
}

impl Cell for f64 {
    fn read(value: &Value) -> Option<Self> {
        value.as_f64()
    }

    fn missing() -> Option<Self> {
        Some(0.0)
    }
}

impl Cell for u32 {
    fn read(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Cell for [u32; 2] {
    fn read(value: &Value) -> Option<Self> {
        Vec::<u32>::read(value)?.try_into().ok()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn read(value: &Value) -> Option<Self> {
        T::read(value).map(Some)
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

impl<T: Cell> Cell for Vec<T> {
    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::read).collect()
    }

    fn missing() -> Option<Self> {
        Some(Self::new())
    }
}

/// Says how a row is read: each member under its own name unless another is given.
macro_rules! row {
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    ($type:ident { $($field:ident $(= $name:literal)?),* $(,)? } $(missing $missing:expr)?) => {
        impl $crate::table::Cell for $type {
            fn read(value: &serde_json::Value) -> Option<Self> {
                Some(Self {
                    $($field: $crate::table::member(value, $crate::table::row!(@name $field $($name)?))?,)*
                })
            }

            $(fn missing() -> Option<Self> {
                Some($missing)
            })?
        }
    };
}

/// Says that cells hold names of these enumerations.
macro_rules! names {
    ($($type:ty),* $(,)?) => {
        $(impl $crate::table::Cell for $type {
            fn read(value: &serde_json::Value) -> Option<Self> {
                $crate::table::name(value)
            }
        })*
    };
}

pub(crate) use {names, row};
