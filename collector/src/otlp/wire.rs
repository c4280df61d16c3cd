//! OTLP traces in protobuf to rows, without objects in between.
//!
//! ```text
//! bytes -> resource_spans -> scope_spans -> spans -> RowsBuilder
//! ```
//!
//! Texts, ids and bytes are slices of the payload; the lists of a span are filled again by the next one. Fields are those
//! of `opentelemetry/proto/{collector/trace,trace,resource,common}/v1`.
//!
//! # What is read
//! Exactly what prost reads, for requests that were acknowledged are read again at replay ("Protocol Buffers: Encoding"):
//! - Fields come in any order. A resource counts for the spans before it too, so each `ResourceSpans` and `ScopeSpans` is
//!   gone through twice, first for its own fields and then for what it holds.
//! - Of a scalar or text that comes twice the last counts; a message that comes twice is merged, its lists one after the
//!   other. Of the variants of a value the last counts, but an array after an array, or a map after a map, continues it.
//! - Unknown fields go by, groups as well.
//! - What is malformed anywhere, also in a span that is refused, refuses the whole request: see [`Problem`].
//!
//! # What it takes
//! The lists that are filled, as they grow, and what each span comes to as a row, before it is appended: its bytes, cells,
//! and once more all that its resource and scope say, for every row has that. Spans count whether they are accepted or
//! refused. Builders double their room as it is filled, which is not counted.

/// Where and how a message is malformed.
mod malformed;
/// Resources and scopes.
mod origin;
/// Bytes of a message, field by field.
mod reader;
/// Spans, their events and links.
mod span;
/// Attributes and their values.
mod value;

use spanloom_store::schema::spans::{Recalled, Resource, Scope};

use super::budget::{self, Budget};
use super::checks::{BadSpan, check_nesting};
use super::decoded::{Decoded, RowsBuilder};
use crate::admit::Reservation;
use crate::refusal::Refusal;
use malformed::Malformed;
#[cfg(doc)]
use malformed::Problem;
use reader::{Names, Reader};
use span::{Draft, Lists};

const REQUEST: Names = &["resource_spans"];
const RESOURCE_SPANS: Names = &["resource", "scope_spans", "schema_url"];
const SCOPE_SPANS: Names = &["scope", "spans", "schema_url"];

/// Cells of a row of `spans` without attributes, events and links; a test compares. Empty columns have cells too.
const ROW_BYTES: usize = 1280;

/// Reads an `ExportTraceServiceRequest`. A pure function of payload and receive time; bounds and memory can only make it
/// refuse.
///
/// # Errors
/// [`Refusal::Undecodable`] with the path of the field, [`Refusal::TooLarge`], [`Refusal::Overloaded`].
pub fn decode(
    payload: &[u8],
    received_ns: i64,
    memory_bytes_max: u64,
    memory: &mut Reservation,
) -> Result<Decoded, Refusal> {
    budget::within(memory_bytes_max, memory, |budget| {
        let mut walk = Walk {
            rows: RowsBuilder::new(received_ns),
            lists: Lists::default(),
            recalled: Recalled::default(),
            budget,
        };
        walk.request(Reader::new(payload))?;
        Ok::<_, Malformed>(walk.rows.finish())
    })
}

/// What spans that stand together have in common.
struct Around<'w, 'a> {
    resource: &'w Resource<'a>,
    scope: &'w Scope<'a>,
    /// Why none of them can be kept.
    bad: Option<BadSpan>,
    /// What resource and scope add to each row.
    bytes: usize,
    /// Whether the last row is one of them.
    is_appended: bool,
}

/// The way through one request.
struct Walk<'a, 'b> {
    rows: RowsBuilder,
    lists: Lists<'a>,
    /// Of the span that is read.
    recalled: Recalled<'a>,
    budget: &'b Budget,
}

impl<'a> Walk<'a, '_> {
    fn request(&mut self, message: Reader<'a>) -> Result<(), Malformed> {
        message.each(REQUEST, |field| match field.number {
            1 => self.resource_spans(field.message()?),
            _ => Ok(field.skip()?),
        })
    }

    fn resource_spans(&mut self, message: Reader<'a>) -> Result<(), Malformed> {
        let before = self.rows.accepted();
        let (mut resource, mut resource_bytes) = (Resource::default(), 0);
        message.each(RESOURCE_SPANS, |field| {
            match field.number {
                1 => {
                    let message = field.message()?;
                    resource_bytes += message.len();
                    origin::resource(message, &mut resource, self.budget)?;
                }
                2 => _ = field.message()?,
                3 => resource.schema_url = field.text()?.into(),
                _ => field.skip()?,
            }
            Ok(())
        })?;
        let bad = check_nesting(&resource.attributes).err();
        let bytes = resource_bytes + origin::resource_cells_bytes(&resource);
        message.each(RESOURCE_SPANS, |field| match field.number {
            2 => self.scope_spans(field.message()?, &resource, bad.as_ref(), bytes),
            _ => Ok(field.skip()?),
        })?;
        self.rows.note_sender(&resource, before);
        Ok(())
    }

    fn scope_spans(
        &mut self,
        message: Reader<'a>,
        resource: &Resource<'a>,
        bad_resource: Option<&BadSpan>,
        resource_bytes: usize,
    ) -> Result<(), Malformed> {
        let (mut scope, mut scope_bytes) = (Scope::default(), 0);
        message.each(SCOPE_SPANS, |field| {
            match field.number {
                1 => {
                    let message = field.message()?;
                    scope_bytes += message.len();
                    origin::scope(message, &mut scope, self.budget)?;
                }
                2 => _ = field.message()?,
                3 => scope.schema_url = field.text()?.into(),
                _ => field.skip()?,
            }
            Ok(())
        })?;
        let bad = bad_resource.cloned().or_else(|| check_nesting(&scope.attributes).err());
        let bytes = resource_bytes + scope_bytes + origin::scope_cells_bytes(&scope);
        let mut around = Around { resource, scope: &scope, bad, bytes, is_appended: false };
        message.each(SCOPE_SPANS, |field| match field.number {
            2 => self.span(field.message()?, &mut around),
            _ => Ok(field.skip()?),
        })
    }

    fn span(&mut self, message: Reader<'a>, around: &mut Around<'_, 'a>) -> Result<(), Malformed> {
        let bytes = ROW_BYTES + around.bytes + message.len();
        let lists = std::mem::take(&mut self.lists);
        let draft = Draft::read(message, lists, &mut self.recalled, &self.rows, self.budget)?;
        self.budget.take(bytes + draft.cells_bytes() + value::text_cells_bytes(self.recalled.known.len()))?;
        let name = draft.name;
        let span = match &around.bad {
            Some(why) => Err(why.clone()),
            None => draft.check(self.rows.latest_start_ns()),
        };
        match span {
            Ok(span) => {
                if !std::mem::replace(&mut around.is_appended, true) {
                    self.rows.begin(around.resource, around.scope);
                }
                self.rows.append_next(&span, &self.recalled);
                self.lists = Lists::of(span);
            }
            Err(why) => self.rows.refuse(name, &why),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
