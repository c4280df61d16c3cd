// Opens what is not there of a large trace: asks for it, and puts it into the trace that is.

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Tenant } from '../api/queries.ts'
import { traceKey } from '../api/queries-columns.ts'
import { partQuery, spanQuery } from '../api/queries-trace.ts'
import type { ColumnsQuestion, SpanColumns } from '../api/trace-columns.ts'
import { useTenant } from '../app/tenant.ts'
import { NONE, operationAt, type Trace } from './columns.ts'
import { type Details, textIn } from './details.ts'
import { type Entry, keyOfEntry, rowOfCut } from './entries.ts'
import { ID_DIGITS, keyAt, rowOfHalf, rowsOfId, spanIdAt } from './ids.ts'
import { type Belonging, merged } from './merge.ts'
import { CLIENT, SERVER } from './span.ts'

/** How far an opening has come that is not done. */
export type Opening = { kind: 'asking' } | { kind: 'failed'; error: Error }

export interface Openings {
  /** By the key of what is opened. */
  states: ReadonlyMap<string, Opening>
  /** What is missing below a row or at the top. */
  open: (entry: Entry) => void
  /** The way down to a span that is not there, and what is below it. */
  openAround: (spanId: string) => void
}

/** More levels nobody asks for one by one. */
const WAY_MAX = 200

/** What was opened, and the key of the first or only span that was meant. */
export interface Opened {
  /** The key by which its state was told. */
  asked: string
  trace: Trace
  key: string
}

export function useOpenings(trace: Trace, onOpened: (opened: Opened) => void): Openings {
  /** Who asked may look at something else when it comes. */
  const latest = useRef(onOpened)
  useEffect(() => {
    latest.current = onOpened
  }, [onOpened])
  const [states, setStates] = useState<ReadonlyMap<string, Opening>>(new Map())
  const queryClient = useQueryClient()
  const tenant = useTenant()
  const run = async (key: string, act: (asker: Asker) => Promise<string | null>) => {
    if (states.get(key)?.kind === 'asking') return
    setStates(before => new Map(before).set(key, { kind: 'asking' }))
    try {
      const asker = new Asker(queryClient, tenant, trace)
      const opened = await act(asker)
      setStates(before => new Map([...before].filter(([other]) => other !== key)))
      if (opened !== null) latest.current({ asked: key, trace: asker.trace, key: opened })
    } catch (error) {
      const failed = error instanceof Error ? error : new Error(String(error))
      setStates(before => new Map(before).set(key, { kind: 'failed', error: failed }))
    }
  }
  return {
    states,
    open: entry => void run(keyOfEntry(trace, entry), asker => openCut(asker, rowOfCut(entry))),
    openAround: spanId => void run(spanId, asker => openWay(asker, spanId)),
  }
}

/** Asks for parts of a trace and keeps the trace that comes of it. */
class Asker {
  trace: Trace
  private readonly queryClient: QueryClient
  private readonly tenant: Tenant

  constructor(queryClient: QueryClient, tenant: Tenant, trace: Trace) {
    this.queryClient = queryClient
    this.tenant = tenant
    this.trace = trace
  }

  async part(question: ColumnsQuestion, belonging: (trace: Trace) => Belonging): Promise<SpanColumns> {
    const { traceId } = this.trace
    const answer = await this.queryClient.fetchQuery(partQuery(this.tenant, traceId, question))
    this.queryClient.setQueryData<Trace>(this.key(), before => {
      // Others may have been opened meanwhile.
      const now = before ?? this.trace
      this.trace = merged(now, answer, belonging(now))
      return this.trace
    })
    return answer
  }

  details(spanId: string): Promise<Details[]> {
    return this.queryClient.fetchQuery(spanQuery(this.tenant, this.trace.traceId, spanId))
  }

  private key() {
    return traceKey(this.tenant, this.trace.traceId)
  }
}

/** Returns the key of the first span that came. */
async function openCut(asker: Asker, row: number): Promise<string | null> {
  const { trace } = asker
  const skip = trace.cuts.get(row)?.skip ?? 0
  const kind = operationAt(trace, row)?.kind
  const under = row === NONE ? {} : { under: spanIdAt(trace, row), ...(kind === undefined ? {} : { kind }) }
  const answer = await asker.part({ ...under, skip }, () => ({ skipped: skip }))
  // The row itself comes first, where one was asked for.
  const first = row === NONE ? 0 : 1
  const id = answer.rows.id.slice(first * ID_DIGITS, (first + 1) * ID_DIGITS)
  const operation = answer.rows.operation[first] ?? NONE
  const found = rowOfHalf(asker.trace, id, answer.operations.kind[operation] ?? 0)
  return found === undefined ? null : keyAt(asker.trace, found)
}

/** A span on the way down to one that is not there. */
interface Stage {
  spanId: string
  kind: number
}

/** Returns the key of the span. */
async function openWay(asker: Asker, spanId: string): Promise<string | null> {
  const way = await wayTo(asker, spanId)
  for (const [place, { spanId: under, kind }] of way.entries()) {
    const above = way[place - 1]
    const isLast = place === way.length - 1
    // On the way only the spans themselves: what else is below them stays to be opened.
    await asker.part({ under, kind, ...(isLast ? {} : { depth: 1 }) }, trace => ({
      under: above === undefined ? NONE : (rowOfHalf(trace, above.spanId, above.kind) ?? NONE),
    }))
  }
  const row = rowsOfId(asker.trace, spanId).at(-1)
  return row === undefined ? null : keyAt(asker.trace, row)
}

/** From the first ancestor that is there down to the span. Who is whose parent is as the server has it. */
async function wayTo(asker: Asker, spanId: string): Promise<Stage[]> {
  const way: Stage[] = []
  let child: Details | null = null
  for (let id: string | undefined = spanId; id && way.length < WAY_MAX; ) {
    const halves: Details[] = await asker.details(id)
    const half = halfAbove(halves, child)
    if (half === undefined) break
    way.unshift(stageOf(half))
    const client: Details | undefined = halves.find(({ otlp }) => otlp.kind === CLIENT)
    if (half.otlp.kind === SERVER && client !== undefined) way.unshift(stageOf(client))
    if (way.some(({ spanId: known, kind }) => isThere(asker.trace, known, kind))) break
    child = half
    id = (client ?? half).otlp.parentSpanId
  }
  return way
}

const stageOf = ({ otlp }: Details): Stage => ({ spanId: otlp.spanId, kind: otlp.kind ?? 0 })

/** Of spans with one id: that of the child's own service, else the server's, else the first. */
function halfAbove(halves: readonly Details[], child: Details | null): Details | undefined {
  const serviceOf = ({ resource }: Details) => textIn(resource.resource.attributes, 'service.name')
  const own =
    child === null ? undefined : halves.find(half => serviceOf(half) === serviceOf(child as Details))
  return own ?? halves.find(({ otlp }) => otlp.kind === SERVER) ?? halves[0]
}

function isThere(trace: Trace, spanId: string, kind: number): boolean {
  return rowsOfId(trace, spanId).some(row => operationAt(trace, row)?.kind === kind)
}
