//! Names and values of attributes: what is asked in parameters or a message, and the answers as messages.

use futures::{Stream, stream};
use spanloom_store::TenantId;
use spanloom_store::schema::attributes::Scope;

use super::message::{
    MetadataMetrics, SearchTagValuesRequest, SearchTagValuesResponse, SearchTagValuesV2Response, SearchTagsRequest,
    SearchTagsResponse, SearchTagsV2Response, SearchTagsV2Scope, TypedValue,
};
use super::pieces::{MESSAGE_BYTES_MAX, pieces};
use crate::error::QueryError;
use crate::query::Query;
use crate::tags::{Question, Tag, TagValue, services_in};
use crate::trace::TimeRange;

const LIMIT: usize = 5_000;
const LIMIT_MAX: usize = 20_000;
/// Without a time: as far back as an editor's proposals need.
const RANGE_NS: i64 = spanloom_store::time::HOUR_NS;
const NS_PER_S: i64 = 1_000_000_000;
/// Of a text beside what it says: tag and length.
const FIELD_BYTES: usize = 8;

/// Of which spans, and how much.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct TagsAsked {
    /// An hour before the end when absent.
    pub start_ns: Option<i64>,
    /// Now when absent.
    pub end_ns: Option<i64>,
    /// Names or values of a scope; 0 for 5000.
    pub limit: usize,
    /// TraceQL, perhaps unfinished: what cannot be used of it is ignored.
    pub filter: String,
}

impl TagsAsked {
    /// # Errors
    /// `BadRequest` for a range that ends before it starts.
    fn question(&self, now_ns: i64) -> Result<Question, QueryError> {
        let end_ns = self.end_ns.unwrap_or(now_ns);
        let start_ns = self.start_ns.unwrap_or(end_ns.saturating_sub(RANGE_NS));
        if start_ns > end_ns {
            return Err(QueryError::BadRequest("start is after end".to_owned()));
        }
        let limit = if self.limit == 0 { LIMIT } else { self.limit.min(LIMIT_MAX) };
        Ok(Question { range: TimeRange { start_ns, end_ns }, services: services_in(&self.filter), limit })
    }
}

fn asked(start: u32, end: u32, limit: u32, filter: String) -> TagsAsked {
    let time_ns = |seconds: u32| (seconds > 0).then(|| i64::from(seconds) * NS_PER_S);
    TagsAsked { start_ns: time_ns(start), end_ns: time_ns(end), limit: limit as usize, filter }
}

impl SearchTagsRequest {
    /// What is asked, and the scope.
    pub fn asked(self) -> (TagsAsked, String) {
        (asked(self.start, self.end, self.max_tags_per_scope, self.query), self.scope)
    }
}

impl SearchTagValuesRequest {
    /// What is asked, and the attribute.
    pub fn asked(self) -> (TagsAsked, String) {
        (asked(self.start, self.end, self.max_tag_values, self.query), self.tag_name)
    }
}

/// A scope by name; none, which asks for all of them, for no name and for `none`.
fn scope(name: &str) -> Result<Option<Scope>, QueryError> {
    if matches!(name, "" | "none") {
        return Ok(None);
    }
    let known = Scope::ALL.into_iter().find(|scope| scope.as_str() == name);
    known.map(Some).ok_or_else(|| {
        let name: String = name.chars().take(64).collect();
        QueryError::BadRequest(format!(
            "scope is one of resource, span, event, link, instrumentation, intrinsic, not {name:?}"
        ))
    })
}

/// The attributes that there are, by scope.
///
/// # Errors
/// `BadRequest` for what is not understood, and what reading fails with.
pub(crate) async fn names_v2(
    query: &Query,
    tenant: &TenantId,
    asked: &TagsAsked,
    of: &str,
) -> Result<SearchTagsV2Response, QueryError> {
    let names = query.tag_names(tenant, asked.question(query.now_ns())?, scope(of)?).await?;
    let scopes = names.into_iter().map(|(scope, tags)| SearchTagsV2Scope { name: scope.as_str().to_owned(), tags });
    Ok(SearchTagsV2Response { scopes: scopes.collect(), metrics: Some(MetadataMetrics {}) })
}

/// The attributes that there are, without their scopes; intrinsics only if they are asked for.
///
/// # Errors
/// As [`names_v2`].
pub(crate) async fn names_v1(
    query: &Query,
    tenant: &TenantId,
    asked: &TagsAsked,
    of: &str,
) -> Result<SearchTagsResponse, QueryError> {
    let scope = scope(of)?;
    let names = query.tag_names(tenant, asked.question(query.now_ns())?, scope).await?;
    let names = names.into_iter().filter(|(known, _)| scope.is_some() || *known != Scope::Intrinsic);
    let mut tag_names: Vec<String> = names.flat_map(|(_, tags)| tags).collect();
    tag_names.sort_unstable();
    tag_names.dedup();
    Ok(SearchTagsResponse { tag_names })
}

/// The values of an attribute, the most frequent first.
///
/// # Errors
/// `BadRequest` for what is no tag or not understood, and what reading fails with.
pub(crate) async fn values_v2(
    query: &Query,
    tenant: &TenantId,
    asked: &TagsAsked,
    tag: &str,
) -> Result<SearchTagValuesV2Response, QueryError> {
    let tag = Tag::parse(tag).map_err(QueryError::BadRequest)?;
    let values = query.tag_values(tenant, asked.question(query.now_ns())?, tag).await?;
    let typed = |TagValue { value_type, value }| TypedValue { value_type, value };
    let tag_values = values.into_iter().map(typed).collect();
    Ok(SearchTagValuesV2Response { tag_values, metrics: Some(MetadataMetrics {}) })
}

/// The same without types; a name without a scope is one of any scope.
///
/// # Errors
/// As [`values_v2`], but that every text is a tag.
pub(crate) async fn values_v1(
    query: &Query,
    tenant: &TenantId,
    asked: &TagsAsked,
    tag: &str,
) -> Result<SearchTagValuesResponse, QueryError> {
    let values = query.tag_values(tenant, asked.question(query.now_ns())?, Tag::unscoped(tag)).await?;
    Ok(SearchTagValuesResponse { tag_values: values.into_iter().map(|value| value.value).collect() })
}

/// Answers that may be larger than a message.
pub(super) trait InPieces: Sized {
    /// The answer in parts, each of which fits.
    fn in_pieces(self) -> Vec<Self>;
}

impl InPieces for SearchTagsResponse {
    fn in_pieces(self) -> Vec<Self> {
        let pieces = pieces(self.tag_names, MESSAGE_BYTES_MAX, |name| name.len() + FIELD_BYTES);
        pieces.into_iter().map(|tag_names| Self { tag_names }).collect()
    }
}

impl InPieces for SearchTagsV2Response {
    fn in_pieces(self) -> Vec<Self> {
        let parts_of = |SearchTagsV2Scope { name, tags }| {
            let pieces = pieces(tags, MESSAGE_BYTES_MAX, |tag: &String| tag.len() + FIELD_BYTES);
            pieces.into_iter().map(move |tags| SearchTagsV2Scope { name: name.clone(), tags })
        };
        let scopes = self.scopes.into_iter().flat_map(parts_of).collect();
        let bytes_of = |scope: &SearchTagsV2Scope| scope.tags.iter().map(|tag| tag.len() + FIELD_BYTES).sum();
        let pieces = pieces(scopes, MESSAGE_BYTES_MAX, bytes_of);
        pieces.into_iter().map(|scopes| Self { scopes, metrics: self.metrics.clone() }).collect()
    }
}

impl InPieces for SearchTagValuesResponse {
    fn in_pieces(self) -> Vec<Self> {
        let pieces = pieces(self.tag_values, MESSAGE_BYTES_MAX, |value| value.len() + FIELD_BYTES);
        pieces.into_iter().map(|tag_values| Self { tag_values }).collect()
    }
}

impl InPieces for SearchTagValuesV2Response {
    fn in_pieces(self) -> Vec<Self> {
        let bytes_of = |value: &TypedValue| value.value_type.len() + value.value.len() + 2 * FIELD_BYTES;
        let pieces = pieces(self.tag_values, MESSAGE_BYTES_MAX, bytes_of);
        pieces.into_iter().map(|tag_values| Self { tag_values, metrics: self.metrics.clone() }).collect()
    }
}

/// An answer that is found at once as a stream of messages.
pub(super) fn messages<M: InPieces + Send + 'static>(
    answer: impl Future<Output = Result<M, QueryError>> + Send + 'static,
) -> impl Stream<Item = Result<M, QueryError>> + Send + 'static {
    use futures::StreamExt as _;

    let answered = stream::once(async move {
        let messages = match answer.await {
            Ok(answer) => answer.in_pieces().into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(messages)
    });
    answered.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_ask_in_seconds_and_0_is_nothing() {
        let request = SearchTagsRequest { scope: "span".to_owned(), start: 1, ..SearchTagsRequest::default() };
        let (asked, scope) = request.asked();
        assert_eq!((asked.start_ns, asked.end_ns, scope.as_str()), (Some(NS_PER_S), None, "span"));
        let question = asked.question(5 * NS_PER_S).unwrap();
        assert_eq!(question.range, TimeRange { start_ns: NS_PER_S, end_ns: 5 * NS_PER_S });
        assert_eq!(question.limit, LIMIT);
        let request = SearchTagValuesRequest { end: 1, start: 2, max_tag_values: 9, ..Default::default() };
        assert!(request.asked().0.question(0).is_err());
    }

    #[test]
    fn no_scope_is_every_scope() {
        assert_eq!(scope(""), Ok(None));
        assert_eq!(scope("none"), Ok(None));
        assert_eq!(scope("event"), Ok(Some(Scope::Event)));
        assert!(scope("planet").is_err());
    }

    #[test]
    fn large_answers_are_sent_in_parts() {
        let large = "x".repeat(MESSAGE_BYTES_MAX / 3);
        let scope =
            |name: &str, tags: usize| SearchTagsV2Scope { name: name.to_owned(), tags: vec![large.clone(); tags] };
        let answer = SearchTagsV2Response { scopes: vec![scope("span", 5), scope("resource", 1)], metrics: None };
        let parts = answer.in_pieces();
        let tags = |part: &SearchTagsV2Response| part.scopes.iter().map(|scope| scope.tags.len()).sum::<usize>();
        assert_eq!(parts.iter().map(tags).collect::<Vec<_>>(), [2, 2, 2]);
        let values = SearchTagValuesResponse { tag_values: vec![large.clone(); 3] };
        assert_eq!(values.in_pieces().len(), 2);
        assert_eq!(SearchTagValuesResponse::default().in_pieces().len(), 1);
    }
}
