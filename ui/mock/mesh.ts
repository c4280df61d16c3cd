// Meshes of any size that look random and are not: the same size and tick are the same graph. With every tick all numbers
// change; now and then services come and go. For looking at large meshes, and for measuring.

import type {
  SchemaEdgeItem,
  SchemaGraph,
  SchemaHealth,
  SchemaKind,
  SchemaNodeItem,
} from '../src/api/schema.d.ts'
import { randomOf } from '../src/test/random.ts'

const CALLS_PER_SERVICE = 3
const SERVICES_PER_NAMESPACE = 25
const TIERS = 6
/** Of the calls that many stay in their namespace. */
const INSIDE = 0.8
const DATABASES = 0.08
/** Every so many ticks some services are others. */
const CHANGE_TICKS = 3
const COME = 0.004
const GONE = 0.003
/** For so many changes. */
const STAY = 6
/** A namespace calls so many others. */
const PARTNERS = 4
const DEGRADED = 0.01
const FAILING = 0.1
const WINDOW_MS = 300_000

const AREAS = [
  'shop',
  'payments',
  'platform',
  'search',
  'logistics',
  'identity',
  'media',
  'billing',
  'risk',
  'edge',
]
const PARTS = [
  'cart',
  'orders',
  'users',
  'index',
  'quotes',
  'ledger',
  'stock',
  'mail',
  'prices',
  'rules',
  'sessions',
  'feeds',
]
const ROLES = ['api', 'worker', 'gateway', 'store', 'sync', 'view', 'batch', 'proxy']

interface Service {
  id: string
  name: string
  namespace: string | null
  kind: SchemaKind
  tier: number
  /** From 0 to 1: how much it fails. */
  weakness: number
}

interface Call {
  source: Service
  target: Service
  /** Requests a second. */
  load: number
}

/** The mesh of so many services after so many ticks. */
export function meshGraph(size: number, tick = 0, at = Date.now()): SchemaGraph {
  const services = servicesOf(size, Math.floor(tick / CHANGE_TICKS))
  const calls = callsOf(size, services)
  const edges = calls.map((call, place) => edgeOf(call, pulse(place, tick)))
  const incoming = new Map<string, SchemaEdgeItem[]>()
  for (const edge of edges) {
    const known = incoming.get(edge.target)
    if (known === undefined) incoming.set(edge.target, [edge])
    else known.push(edge)
  }
  return {
    rev: String(tick + 1),
    start: new Date(at - WINDOW_MS).toISOString(),
    end: new Date(at).toISOString(),
    by: 'service',
    nodes: services.map(service => nodeOf(service, incoming.get(service.id) ?? [])),
    edges,
    entry_points: services.filter(({ tier, kind }) => tier === 0 && kind === 'gateway').map(({ id }) => id),
    cycles: [],
    unpaired: {},
  }
}

/** From 0.7 to 1.3, another for each call and tick. */
function pulse(place: number, tick: number): number {
  return 1 + 0.3 * Math.sin(place * 12.9898 + tick * 2.399)
}

function servicesOf(size: number, change: number): Service[] {
  const random = randomOf(size)
  const namespaces = Math.max(2, Math.round(size / SERVICES_PER_NAMESPACE))
  const weights = Array.from({ length: namespaces }, (_, at) => 1 / (at + 1) ** 0.8)
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const pick = () => {
    let left = random() * all
    for (const [at, weight] of weights.entries()) {
      left -= weight
      if (left <= 0) return at
    }
    return 0
  }
  const services = Array.from({ length: size }, (_, place) => serviceOf(place, pick(), random))
  const kept = services.filter((_, place) => place === 0 || hash(place, change) >= (change === 0 ? 0 : GONE))
  // Who comes stays for a while only, so that the mesh keeps its size.
  const each = Math.ceil(COME * size)
  const come = Array.from({ length: each * Math.min(change, STAY) }, (_, place) => {
    const number = size + (Math.max(0, change - STAY) * each + place)
    const own = randomOf(number)
    return serviceOf(number, Math.floor(own() ** 2 * namespaces), own)
  })
  return [...kept, ...come]
}

/** From 0 to 1. */
function hash(place: number, salt: number): number {
  return randomOf(place * 7919 + salt * 104_729)()
}

function serviceOf(place: number, area: number, random: () => number): Service {
  const [base = '', turn] = [AREAS[area % AREAS.length], Math.floor(area / AREAS.length)]
  const namespace = turn === 0 ? base : `${base}-${turn + 1}`
  const isDatabase = random() < DATABASES
  const part = PARTS[Math.floor(random() * PARTS.length)] ?? ''
  const role = ROLES[Math.floor(random() * ROLES.length)] ?? ''
  const tier =
    place === 0 ? 0 : isDatabase ? TIERS - 1 : Math.min(TIERS - 2, Math.floor(random() ** 0.8 * (TIERS - 1)))
  const weakness = random() < 0.04 ? 0.2 : random() < 0.08 ? 0.03 : 0
  if (isDatabase) {
    const name = `postgresql/${part}-${place}.${namespace}`
    return { id: `database:${name}`, name, namespace: null, kind: 'database', tier, weakness }
  }
  const name = place === 0 ? 'ingress' : `${part}-${role}-${place}`
  const kind: SchemaKind = place === 0 ? 'gateway' : 'service'
  return { id: `${namespace}/${name}`, name, namespace, kind, tier, weakness }
}

function callsOf(size: number, services: readonly Service[]): Call[] {
  const groups = new Map<string, Service[]>()
  for (const service of services) {
    const key = areaOf(service)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [service])
    else group.push(service)
  }
  const names = [...groups.keys()]
  const calls = new Map<string, Call>()
  const add = (source: Service, target: Service | undefined, load: number) => {
    if (target !== undefined && target !== source)
      calls.set(`${source.id}>${target.id}`, { source, target, load })
  }
  for (const source of services) {
    // By itself for each, so that who comes or goes changes nobody else's calls.
    const random = randomOf(numberOf(source.id) + size)
    if (source.kind === 'database') continue
    const own = groups.get(areaOf(source)) ?? []
    const count = 1 + Math.floor(random() ** 2 * CALLS_PER_SERVICE * 3.5)
    for (let call = 0; call < count; call += 1) {
      const from = random() < INSIDE ? own : (groups.get(partner(areaOf(source), names, random)) ?? own)
      const later = from.filter(({ tier }) => tier === source.tier + 1)
      const anyLater = later.length > 0 ? later : from.filter(({ tier }) => tier > source.tier)
      const isBack = random() < 0.02
      const targets = isBack ? from.filter(({ kind }) => kind !== 'database') : anyLater
      const target = targets[Math.floor(random() ** 2 * targets.length)]
      // A database belongs to one namespace.
      if (target?.kind === 'database' && areaOf(target) !== areaOf(source)) continue
      add(source, target, 0.2 + random() ** 4 * 400)
    }
  }
  return [...calls.values()]
}

/** One of the few that a namespace calls. */
function partner(area: string, names: readonly string[], random: () => number): string {
  const chosen = randomOf(numberOf(area) + Math.floor(random() * PARTNERS))
  return names[Math.floor(chosen() ** 1.5 * names.length)] ?? area
}

function areaOf({ namespace, name }: Service): string {
  return namespace ?? name.slice(name.lastIndexOf('.') + 1)
}

function numberOf(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0
  return sum
}

function edgeOf({ source, target, load }: Call, pulse: number): SchemaEdgeItem {
  const requests = Math.round(load * pulse * (WINDOW_MS / 1000))
  const errors = Math.round(requests * target.weakness * pulse)
  const ms = (1 + (TIERS - target.tier) * 8) * pulse
  const isDatabase = target.kind === 'database'
  return {
    id: `${source.id}->${target.id}:${isDatabase ? 'database' : 'http'}`,
    source: source.id,
    target: target.id,
    protocol: isDatabase ? 'database' : 'http',
    requests,
    attempts: requests,
    errors,
    rate: requests / (WINDOW_MS / 1000),
    error_rate: requests === 0 ? null : errors / requests,
    ...{ p50_ms: ms, p90_ms: ms * 2, p95_ms: ms * 2.4, p99_ms: ms * 4 },
    mtls: isDatabase ? null : 1,
    observer: 'source_proxy',
    evidence: 'span',
    exemplars: [],
    observers: [],
    latency_split_ms: null,
    recent_error_rate: null,
    health: healthOf(requests === 0 ? null : errors / requests),
  }
}

function nodeOf(
  { id, name, namespace, kind, tier }: Service,
  incoming: readonly SchemaEdgeItem[],
): SchemaNodeItem {
  const requests = incoming.reduce((sum, edge) => sum + (edge.requests ?? 0), 0)
  const errors = incoming.reduce((sum, edge) => sum + (edge.errors ?? 0), 0)
  const share = requests === 0 ? null : errors / requests
  const ms = 1 + (TIERS - tier) * 8
  return {
    ...{ id, name, namespace, kind, aliases: [name], clusters: [], requests, errors },
    rate: requests / (WINDOW_MS / 1000),
    error_rate: share,
    recent_error_rate: null,
    ...{ p50_ms: ms, p90_ms: ms * 2, p95_ms: ms * 2.4, p99_ms: ms * 4 },
    health: healthOf(share),
  }
}

function healthOf(share: number | null): SchemaHealth {
  if (share === null) return 'idle'
  return share >= FAILING ? 'failing' : share >= DEGRADED ? 'degraded' : 'healthy'
}
