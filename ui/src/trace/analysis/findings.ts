// What stands out in a trace, in sentences; each with the spans that it is about.

import type {
  SchemaClockSkew,
  SchemaOperationRef,
  SchemaRepeatedCall,
  SchemaSpanRef,
  SchemaTraceAnalysis,
} from '../../api/schema.d.ts'
import { counted, formatCount, formatDuration, formatShare } from '../../ui/format.ts'
import { nanoseconds } from '../../ui/units.ts'
import { operationWords } from '../operation.tsx'

export interface Finding {
  tone: 'plain' | 'warn' | 'bad'
  /** One sentence, without a full stop. */
  words: string
  /** Some of those that it is about. */
  spans: readonly SchemaSpanRef[]
  /** What is looked for to see the others; undefined: there is no such word. */
  find?: SchemaOperationRef
}

/** Fewer calls of one span are nothing to tell of. */
const FAN_OUT_MIN = 20
const SPANS_MAX = 8
const REPEATED_MAX = 5
const SERVICES_MAX = 4

const time = (ns: number) => formatDuration(nanoseconds(ns))

export function findingsOf(analysis: SchemaTraceAnalysis): Finding[] {
  return [
    ...longest(analysis),
    ...errors(analysis),
    ...analysis.repeated_calls.slice(0, REPEATED_MAX).map(repeated),
    ...fanOut(analysis),
    ...orphans(analysis),
    ...tops(analysis),
    ...analysis.clock_skew.map(skewed),
    ...duplicates(analysis),
  ]
}

function longest({ operations, root_duration_ns: root }: SchemaTraceAnalysis): Finding[] {
  const most = operations.reduce<SchemaTraceAnalysis['operations'][number] | null>(
    (most, one) => (one.work.critical_ns > (most?.work.critical_ns ?? 0) ? one : most),
    null,
  )
  if (most === null || root <= 0) return []
  const { critical_ns: critical } = most.work
  const words = `The trace waited longest for ${operationWords(most.operation)} itself: ${time(critical)}, ${formatShare(critical / root)} of ${time(root)}`
  return [{ tone: 'plain', words, spans: [], find: most.operation }]
}

function errors({ error_count: count, services }: SchemaTraceAnalysis): Finding[] {
  if (count === 0) return []
  const failed = services
    .filter(({ work }) => work.error_count > 0)
    .sort((a, b) => b.work.error_count - a.work.error_count)
  const named = failed
    .slice(0, SERVICES_MAX)
    .map(({ service, work }) => `${service ?? 'unnamed'} ${formatCount(work.error_count)}`)
  const rest = failed.length > SERVICES_MAX ? ' and others' : ''
  return [{ tone: 'bad', words: `${counted(count, 'span')} failed: ${named.join(', ')}${rest}`, spans: [] }]
}

function repeated(call: SchemaRepeatedCall): Finding {
  const how =
    call.order === 'sequential'
      ? `one after another, ${time(call.busy_ns)} in all`
      : `some at the same time, in ${time(call.busy_ns)}`
  const words = `${operationWords(call.parent)} calls ${operationWords(call.operation)} ${formatCount(call.call_count)} times, ${how}`
  const tone = call.order === 'sequential' ? 'warn' : 'plain'
  return { tone, words, spans: [call.parent], find: call.operation }
}

function fanOut({ fan_out: [widest] }: SchemaTraceAnalysis): Finding[] {
  if (widest === undefined || widest.child_count < FAN_OUT_MIN) return []
  const words = `${operationWords(widest.span)} has ${counted(widest.child_count, 'span')} right below it`
  return [{ tone: 'plain', words, spans: [widest.span] }]
}

function orphans({
  orphans: { count, missing_parent_count: missing, spans },
}: SchemaTraceAnalysis): Finding[] {
  if (count === 0) return []
  const words = `${counted(count, 'span')} ${count === 1 ? 'has' : 'have'} a parent that did not come: at least ${counted(missing, 'span')} ${missing === 1 ? 'is' : 'are'} missing`
  return [{ tone: 'warn', words, spans: spans.slice(0, SPANS_MAX).map(({ span }) => span) }]
}

/** Trees beside the root's, but for those that a missing parent explains. */
function tops({ tops, top_count: count, orphans }: SchemaTraceAnalysis): Finding[] {
  const others = count - 1 - Math.min(orphans.count, count - 1)
  const roots = tops.slice(1).filter(({ reason }) => reason !== 'parent_missing')
  if (others <= 0 || roots.length === 0) return []
  const words = `${counted(others, 'tree')} of spans beside the root's: ${others === 1 ? 'it hangs' : 'they hang'} together with nothing`
  return [{ tone: 'warn', words, spans: roots.slice(0, SPANS_MAX).map(({ span }) => span) }]
}

function skewed(skew: SchemaClockSkew): Finding {
  const [source, target] = [skew.source ?? 'unnamed', skew.target ?? 'unnamed']
  const shift = time(Math.abs(skew.median_shift_ns))
  const way = skew.direction === 'target_ahead' ? 'ahead of' : 'behind'
  const of = `${formatCount(skew.skewed_count)} of ${counted(skew.call_count, 'call')}`
  return {
    tone: 'warn',
    words: `The clock of ${target} is ${shift} ${way} that of ${source}, by ${of}`,
    spans: [],
  }
}

function duplicates({ duplicates }: SchemaTraceAnalysis): Finding[] {
  const { resent_count: resent, half_pair_count: halves, shared_id_count: shared, shared_ids } = duplicates
  const findings: Finding[] = []
  if (shared > 0) {
    const [first] = shared_ids
    const example = first === undefined ? '' : `, such as ${first.span_id} of ${first.span_count}`
    findings.push({
      tone: 'warn',
      words: `${counted(shared, 'span id')} ${shared === 1 ? 'is' : 'are'} of several spans${example}: a mistake of who sent them`,
      spans: [],
    })
  }
  if (resent > 0) {
    findings.push({
      tone: 'plain',
      words: `${counted(resent, 'copy', 'copies')} of spans came again, and ${resent === 1 ? 'is' : 'are'} not counted`,
      spans: [],
    })
  }
  if (halves > 0) {
    findings.push({
      tone: 'plain',
      words: `${counted(halves, 'call')} ${halves === 1 ? 'has' : 'have'} one id on both sides, as Zipkin's libraries send them`,
      spans: [],
    })
  }
  return findings
}
