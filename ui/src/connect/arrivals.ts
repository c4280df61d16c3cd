// What arrives, from looks at the server's report: who sent in the last minute, how much a second, and what was refused.

import type { IngestLook } from '../api/queries-ingest.ts'
import type { SchemaProtocol, SchemaRefusalReport, SchemaSenderReport } from '../api/schema.d.ts'
import { MINUTE, type Milliseconds, milliseconds, SECOND } from '../ui/units.ts'

export interface Arrival {
  service: string | null
  protocol: SchemaProtocol
  sdk: string | null
  /** Since its last request. */
  ago: Milliseconds
  /** Spans a second; null before there are two looks to compare. */
  rate: number | null
}

export interface Refused extends SchemaRefusalReport {
  ago: Milliseconds
}

export interface Arrivals {
  /** Those of the last minute, the busiest first. */
  senders: readonly Arrival[]
  rate: number | null
  /** Whoever sent last, long ago; null where nobody ever did, or somebody just did. */
  last: Arrival | null
  refused: readonly Refused[]
}

export function arrivalsOf(looks: readonly IngestLook[]): Arrivals | null {
  const now = looks.at(-1)
  if (now === undefined) return null
  // Of as long as there is: exporters send in batches, some seconds apart.
  const before = looks.find(({ at }) => now.at - at <= MINUTE) ?? now
  const all = now.report.senders.map(sender => arrivalOf(sender, now, before))
  const senders = all.filter(({ ago }) => ago <= MINUTE)
  const refused = now.report.refused
    .map(report => ({ ...report, ago: agoOf(report.last_ns, now) }))
    .filter(({ ago }) => ago <= MINUTE)
  return {
    senders: senders.toSorted((a, b) => (b.rate ?? 0) - (a.rate ?? 0) || a.ago - b.ago),
    rate: before === now ? null : senders.reduce((sum, { rate }) => sum + (rate ?? 0), 0),
    last: senders.length > 0 ? null : (all.toSorted((a, b) => a.ago - b.ago)[0] ?? null),
    refused,
  }
}

function arrivalOf(sender: SchemaSenderReport, now: IngestLook, before: IngestLook): Arrival {
  const { service = null, protocol, sdk = null, spans, last_ns } = sender
  return { service, protocol, sdk, ago: agoOf(last_ns, now), rate: rateOf(spans) }

  function rateOf(count: number): number | null {
    if (before === now) return null
    const then = before.report.senders.find(other => isSame(other, sender))
    // After a new start the server counts from nothing.
    const more = then === undefined || then.spans > count ? count : count - then.spans
    return more / ((now.at - before.at) / SECOND)
  }
}

function isSame(a: SchemaSenderReport, b: SchemaSenderReport): boolean {
  return a.service === b.service && a.protocol === b.protocol && a.sdk === b.sdk && a.tenant === b.tenant
}

function agoOf(last_ns: number, { serverAt }: IngestLook): Milliseconds {
  return milliseconds(Math.max(0, serverAt - last_ns / 1e6))
}

/** `web, cart and 3 others`. */
export function namesOf(senders: readonly Arrival[], shown: number): string {
  const names = [...new Set(senders.map(({ service }) => service ?? 'a service without a name'))]
  const others = names.length - shown
  if (others <= 0) return joined(names)
  return `${names.slice(0, shown).join(', ')} and ${others} ${others === 1 ? 'other' : 'others'}`
}

function joined(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
