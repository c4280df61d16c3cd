//! Spans, their events and links.

use spanloom_store::schema::spans::{Event, Link, Recalled, Span};
use spanloom_store::value::Attributes;

use super::malformed::Malformed;
use super::reader::{Names, Reader};
use super::value::{attribute, cells_bytes};
use crate::otlp::budget::Budget;
use crate::otlp::checks::{BadSpan, SentHead, check_nesting, link_ids};
use crate::otlp::decoded::RowsBuilder;

const SPAN: Names = &[
    "trace_id",
    "span_id",
    "trace_state",
    "parent_span_id",
    "name",
    "kind",
    "start_time_unix_nano",
    "end_time_unix_nano",
    "attributes",
    "dropped_attributes_count",
    "events",
    "dropped_events_count",
    "links",
    "dropped_links_count",
    "status",
    "flags",
];
const EVENT: Names = &["time_unix_nano", "name", "attributes", "dropped_attributes_count"];
const LINK: Names = &["trace_id", "span_id", "trace_state", "attributes", "dropped_attributes_count", "flags"];
const STATUS: Names = &["(reserved)", "message", "code"];

/// Cells of an event or a link.
const LISTED_BYTES: usize = 64;

/// The lists of a span; their room serves one span after the other.
#[derive(Default)]
pub struct Lists<'a> {
    attributes: Attributes<'a>,
    events: Vec<Event<'a>>,
    links: Vec<Link<'a>>,
}

impl<'a> Lists<'a> {
    /// The emptied lists of a span.
    pub fn of(span: Span<'a>) -> Self {
        let Span { mut attributes, mut events, mut links, .. } = span;
        attributes.clear();
        events.clear();
        links.clear();
        Self { attributes, events, links }
    }
}

/// A span as it was sent: whether it can be kept is asked when all of it is read.
#[derive(Default)]
pub struct Draft<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    trace_state: &'a str,
    parent_span_id: &'a [u8],
    pub name: &'a str,
    kind: i32,
    start_time_unix_nano: u64,
    end_time_unix_nano: u64,
    dropped_attributes_count: u32,
    dropped_events_count: u32,
    dropped_links_count: u32,
    status_code: i32,
    status_message: &'a str,
    flags: u32,
    lists: Lists<'a>,
    /// What is wrong with the first link that cannot be kept; it is not among the others.
    bad_link: Option<BadSpan>,
}

impl<'a> Draft<'a> {
    /// Reads a `Span` into empty lists. Attributes that were sent before go into `recalled` and not into the lists.
    pub fn read(
        message: Reader<'a>,
        lists: Lists<'a>,
        recalled: &mut Recalled<'a>,
        rows: &RowsBuilder,
        budget: &Budget,
    ) -> Result<Self, Malformed> {
        let mut span = Self { lists, ..Self::default() };
        recalled.known.clear();
        recalled.encoded.clear();
        message.each(SPAN, |field| {
            match field.number {
                1 => span.trace_id = field.bytes()?,
                2 => span.span_id = field.bytes()?,
                3 => span.trace_state = field.text()?,
                4 => span.parent_span_id = field.bytes()?,
                5 => span.name = field.text()?,
                6 => span.kind = field.int32()?,
                7 => span.start_time_unix_nano = field.fixed64()?,
                8 => span.end_time_unix_nano = field.fixed64()?,
                9 => span.attribute(field.message()?, recalled, rows, budget)?,
                10 => span.dropped_attributes_count = field.uint32()?,
                11 => event(field.message()?, &mut span.lists.events, budget)?,
                12 => span.dropped_events_count = field.uint32()?,
                13 => span.link(field.message()?, budget)?,
                14 => span.dropped_links_count = field.uint32()?,
                15 => span.status(field.message()?)?,
                16 => span.flags = field.fixed32()?,
                _ => field.skip()?,
            }
            Ok(())
        })?;
        Ok(span)
    }

    fn attribute(
        &mut self,
        message: Reader<'a>,
        recalled: &mut Recalled<'a>,
        rows: &RowsBuilder,
        budget: &Budget,
    ) -> Result<(), Malformed> {
        let attributes = &mut self.lists.attributes;
        if let Some(known) = rows.recall(message.rest()) {
            return Ok(budget.push(&mut recalled.known, (attributes.len(), known))?);
        }
        attribute(message, attributes, budget)?;
        Ok(budget.push(&mut recalled.encoded, message.rest())?)
    }

    fn link(&mut self, message: Reader<'a>, budget: &Budget) -> Result<(), Malformed> {
        match link(message, budget)? {
            Ok(link) => budget.push(&mut self.lists.links, link)?,
            Err(why) => _ = self.bad_link.get_or_insert(why),
        }
        Ok(())
    }

    /// Merges a `Status`.
    fn status(&mut self, message: Reader<'a>) -> Result<(), Malformed> {
        message.each(STATUS, |field| {
            match field.number {
                2 => self.status_message = field.text()?,
                3 => self.status_code = field.int32()?,
                _ => field.skip()?,
            }
            Ok(())
        })
    }

    /// What attributes, events and links add to the row beside their texts.
    pub fn cells_bytes(&self) -> usize {
        let Lists { attributes, events, links } = &self.lists;
        let events: usize = events.iter().map(|event| LISTED_BYTES + cells_bytes(&event.attributes)).sum();
        let links: usize = links.iter().map(|link| LISTED_BYTES + cells_bytes(&link.attributes)).sum();
        cells_bytes(attributes) + events + links
    }

    /// # Errors
    /// The first that is wrong, of ids and times, attributes, events and links in this order.
    pub fn check(self, latest_start_ns: i64) -> Result<Span<'a>, BadSpan> {
        let sent = SentHead {
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent_span_id: self.parent_span_id,
            start_time_unix_nano: self.start_time_unix_nano,
            end_time_unix_nano: self.end_time_unix_nano,
        };
        let head = sent.check(latest_start_ns)?;
        let Lists { attributes, events, links } = self.lists;
        check_nesting(&attributes)?;
        events.iter().try_for_each(|event| check_nesting(&event.attributes))?;
        self.bad_link.map_or(Ok(()), Err)?;
        Ok(Span {
            trace_id: head.trace_id,
            span_id: head.span_id,
            parent_span_id: head.parent_span_id,
            trace_state: self.trace_state.into(),
            flags: self.flags,
            name: self.name.into(),
            kind: self.kind,
            start_ns: head.start_ns,
            end_ns: head.end_ns,
            attributes,
            dropped_attributes_count: self.dropped_attributes_count,
            events,
            dropped_events_count: self.dropped_events_count,
            links,
            dropped_links_count: self.dropped_links_count,
            status_code: self.status_code,
            status_message: self.status_message.into(),
            quirks: head.quirks,
        })
    }
}

/// Appends an event. Times beyond Int64 keep their bits; nothing sorts or prunes by an event's time.
fn event<'a>(message: Reader<'a>, to: &mut Vec<Event<'a>>, budget: &Budget) -> Result<(), Malformed> {
    let mut event = Event { time_ns: 0, name: "".into(), attributes: Attributes::new(), dropped_attributes_count: 0 };
    message.each(EVENT, |field| {
        match field.number {
            1 => event.time_ns = field.fixed64()?.cast_signed(),
            2 => event.name = field.text()?.into(),
            3 => attribute(field.message()?, &mut event.attributes, budget)?,
            4 => event.dropped_attributes_count = field.uint32()?,
            _ => field.skip()?,
        }
        Ok(())
    })?;
    Ok(budget.push(to, event)?)
}

/// A link, or why it cannot be kept.
fn link<'a>(message: Reader<'a>, budget: &Budget) -> Result<Result<Link<'a>, BadSpan>, Malformed> {
    let (mut trace_id, mut span_id, mut trace_state) = ([].as_slice(), [].as_slice(), "");
    let (mut attributes, mut dropped_attributes_count, mut flags) = (Attributes::new(), 0, 0);
    message.each(LINK, |field| {
        match field.number {
            1 => trace_id = field.bytes()?,
            2 => span_id = field.bytes()?,
            3 => trace_state = field.text()?,
            4 => attribute(field.message()?, &mut attributes, budget)?,
            5 => dropped_attributes_count = field.uint32()?,
            6 => flags = field.fixed32()?,
            _ => field.skip()?,
        }
        Ok(())
    })?;
    let ids = link_ids(trace_id, span_id).and_then(|ids| check_nesting(&attributes).map(|()| ids));
    Ok(ids.map(|(trace_id, span_id)| Link {
        trace_id,
        span_id,
        trace_state: trace_state.into(),
        attributes,
        dropped_attributes_count,
        flags,
    }))
}
