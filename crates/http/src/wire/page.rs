//! Pages of lists: `limit` and `cursor` in, `next_cursor` out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use usher_app::limits;
use utoipa::IntoParams;

use crate::problem::Stopped;

/// Which page of a list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items at most; 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]+$", min_length = 1, max_length = 1000)]
    pub cursor: Option<String>,
}

/// How many items at most.
#[must_use]
pub fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(limits::PAGE_DEFAULT).min(limits::PAGE)
}

/// Where the next page begins: opaque to who carries it.
pub struct Cursor;

impl Cursor {
    /// Of parts that only this server reads.
    #[must_use]
    pub fn write(parts: &[&str]) -> String {
        // None of the parts can hold NUL: it is refused wherever text comes in.
        URL_SAFE_NO_PAD.encode(parts.join("\0"))
    }

    /// The parts of a cursor that this server made.
    ///
    /// # Errors
    /// 422 for any other text.
    pub fn read<const PARTS: usize>(cursor: &str) -> Result<[String; PARTS], Stopped> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let parts: Option<Vec<String>> =
            text.map(|text| text.split('\0').map(str::to_owned).collect());
        parts
            .and_then(|parts| <[String; PARTS]>::try_from(parts).ok())
            .ok_or_else(Cursor::foreign)
    }

    /// The id that a cursor holds alone.
    ///
    /// # Errors
    /// 422 for any other text.
    pub fn read_id<T: std::str::FromStr>(cursor: &str) -> Result<T, Stopped> {
        let [id] = Cursor::read(cursor)?;
        id.parse().map_err(|_| Cursor::foreign())
    }

    /// What answers a cursor of another list.
    #[must_use]
    pub fn foreign() -> Stopped {
        Stopped::invalid("cursor", "must be the next_cursor of a page of this list")
    }
}

impl PageQuery {
    /// The page of a list that is here as a whole: the items after the cursor's.
    ///
    /// # Errors
    /// 422 for a cursor of another list.
    pub fn cut<T>(
        &self,
        mut items: Vec<T>,
        name: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), Stopped> {
        if let Some(cursor) = &self.cursor {
            let [last] = Cursor::read(cursor)?;
            let at = items.iter().position(|item| name(item) == last);
            items.drain(..=at.ok_or_else(Cursor::foreign)?);
        }
        let limit = limit(self.limit) as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|item| Cursor::write(&[&name(item)]));
        Ok((items, next))
    }
}
