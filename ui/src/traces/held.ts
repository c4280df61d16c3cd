// Holds the list still while somebody points at it or has the focus in it: rows that move under the pointer get the wrong
// one clicked. What comes meanwhile is counted.

import { useRef, useState } from 'react'
import type { SchemaTraceItem } from '../api/schema.d.ts'

interface Held {
  /** Of the question that was held; the answer to another is shown at once. */
  question: string
  traces: SchemaTraceItem[]
  /** Whether these are the answer to another question, shown until that to this one comes. */
  isStandIn: boolean
}

type Reason = 'pointer' | 'focus'

export function useHeld(question: string, traces: SchemaTraceItem[], isStandIn: boolean) {
  const [held, setHeld] = useState<Held | null>(null)
  const reasons = useRef(new Set<Reason>())
  const hold = (reason: Reason) => {
    reasons.current.add(reason)
    setHeld(before => (before?.question === question ? before : { question, traces, isStandIn }))
  }
  const release = (reason: Reason) => {
    reasons.current.delete(reason)
    if (reasons.current.size === 0) setHeld(null)
  }
  // Who pointed at the list before its answer came holds that.
  if (held?.question === question && held.isStandIn && !isStandIn) setHeld({ question, traces, isStandIn })
  const shown = held?.question === question ? held.traces : traces
  return { shown, waiting: newcomers(shown, traces), hold, release, showAll: () => setHeld(null) }
}

/** How many traces of an answer are not in an earlier one. */
function newcomers(before: readonly SchemaTraceItem[], now: readonly SchemaTraceItem[]): number {
  if (before === now) return 0
  const known = new Set(before.map(trace => trace.trace_id))
  return now.filter(trace => !known.has(trace.trace_id)).length
}
