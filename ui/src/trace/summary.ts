// What a trace is, in numbers.

import { type ServiceName, sortedServices } from '../ui/service-colour.ts'
import { type Nanoseconds, nanoseconds } from '../ui/units.ts'
import type { Span } from './span.ts'
import type { Tree } from './tree.ts'

export interface Summary {
  /** The earliest span without a parent, else the first row; undefined in a trace without spans. */
  root: Span | undefined
  services: ServiceSummary[]
  errors: number
}

export interface ServiceSummary {
  service: ServiceName
  spans: number
  errors: number
  /** How long its spans worked themselves. */
  self: Nanoseconds
}

export function summaryOf(tree: Tree, self: Float64Array): Summary {
  const services = servicesOf(tree, self)
  return { root: rootOf(tree), services, errors: services.reduce((sum, { errors }) => sum + errors, 0) }
}

function rootOf(tree: Tree): Span | undefined {
  const roots = tree.nodes.filter(node => node.top === 'root')
  const first = roots.toSorted((a, b) => a.span.start - b.span.start)[0] ?? tree.nodes[0]
  return first?.span
}

function servicesOf({ nodes }: Tree, self: Float64Array): ServiceSummary[] {
  const counts = new Map<ServiceName, { spans: number; errors: number; self: number }>()
  nodes.forEach(({ span: { service, status } }, place) => {
    const count = counts.get(service) ?? { spans: 0, errors: 0, self: 0 }
    count.spans += 1
    count.errors += status === 'error' ? 1 : 0
    count.self += self[place] ?? 0
    counts.set(service, count)
  })
  return sortedServices(counts.keys()).map(service => {
    const { spans, errors, self } = counts.get(service) ?? { spans: 0, errors: 0, self: 0 }
    return { service, spans, errors, self: nanoseconds(self) }
  })
}
