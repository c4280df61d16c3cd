// What is asked of one trace in parts: its columns, one of its spans, and which of them say a text.

import type { SchemaTracesData } from '../src/api/schema.d.ts'
import type { ColumnsQuestion, SpanColumns, SpanMatches } from '../src/api/trace-columns.ts'
import { partOf, wholeOf } from './columns.ts'
import { finderOf, wordsOf } from './find.ts'
import { readTrace, type Span } from './span.ts'
import { treeOf } from './tree.ts'

const MATCHES_MAX = 10_000

/** A trace that can be asked for parts. */
export interface PartSource {
  whole: () => SpanColumns
  /** The spans that have an id. */
  spans: (spanId: string) => SchemaTracesData
  /** All spans in the order of the tree. */
  all: () => Iterable<Span>
}

export function sourceOf(id: string, data: SchemaTracesData): PartSource {
  return {
    whole: () => wholeOf(id, data),
    spans: spanId => spansOf(data, spanId),
    all: () => treeOf(readTrace(data).spans).nodes.map(({ span }) => span),
  }
}

function spansOf({ resourceSpans }: SchemaTracesData, spanId: string): SchemaTracesData {
  const found = resourceSpans.flatMap(resource => {
    const scopes = resource.scopeSpans.flatMap(scope => {
      const spans = scope.spans.filter(span => span.spanId === spanId)
      return spans.length === 0 ? [] : [{ ...scope, spans }]
    })
    return scopes.length === 0 ? [] : [{ ...resource, scopeSpans: scopes }]
  })
  return { resourceSpans: found }
}

/** The part of a path behind `/api/v1/traces/{id}/`, if it is one of these. */
export const TRACE_PART = /^(spans|matches)(?:\/([0-9a-f]{16}))?$/

/** The answer; null if there is no such span. */
export function tracePart(
  source: PartSource,
  part: string,
  params: URLSearchParams,
  rowsMax?: number,
): unknown {
  const [, kind, spanId] = TRACE_PART.exec(part) ?? []
  if (kind === 'matches') return matchesIn(source, params.get('text') ?? '')
  if (spanId === undefined) return partOf(source.whole(), questionIn(params), rowsMax)
  const found = source.spans(spanId)
  return found.resourceSpans.length === 0 ? null : found
}

function questionIn(params: URLSearchParams): ColumnsQuestion {
  const number = (name: 'depth' | 'kind' | 'skip') => {
    const text = params.get(name)
    return text === null ? {} : { [name]: Number(text) }
  }
  const under = params.get('under')
  return { ...(under === null ? {} : { under }), ...number('depth'), ...number('kind'), ...number('skip') }
}

function matchesIn(source: PartSource, text: string): SpanMatches {
  const words = wordsOf(text)
  const isFound = finderOf(words)
  const matches: SpanMatches = { id: '', kind: [], count: 0 }
  const ids: string[] = []
  for (const span of words.length === 0 ? [] : source.all()) {
    if (!isFound(span)) continue
    matches.count += 1
    if (ids.length >= MATCHES_MAX) continue
    ids.push(span.spanId)
    matches.kind.push(span.otlp.kind ?? 0)
  }
  return { ...matches, id: ids.join('') }
}
