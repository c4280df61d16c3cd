// The service graph as `GET /api/v1/graph` gives it, written by hand until it stands in the server's own description of its
// API. Then this file goes, and the same names come from `schema.d.ts`.

export type SchemaGrouping = 'service' | 'workload' | 'namespace' | 'cluster'
export type SchemaNodeKind = 'service' | 'gateway' | 'database' | 'queue' | 'external'
export type SchemaHealth = 'healthy' | 'degraded' | 'failing' | 'idle'

/** What nodes and edges both have. */
interface Signals {
  errors: number
  /** Requests per second of the range. */
  rate: number
  error_rate: number
  p50_ms: number | null
  p90_ms: number | null
  p95_ms: number | null
  p99_ms: number | null
}

export interface SchemaGraphNode extends Signals {
  id: string
  name: string
  namespace: string | null
  kind: SchemaNodeKind
  aliases: string[]
  requests: number
  health: SchemaHealth
}

export interface SchemaGraphExemplar {
  trace_id: string
  span_id: string
  duration_ms: number
  class: string
}

export interface SchemaGraphObserver {
  observer: string
  evidence: string
  requests: number | null
  observed: number
  attempts: number | null
  errors: number
  p50_ms: number | null
  p95_ms: number | null
  p99_ms: number | null
}

export interface SchemaLatencySplit {
  source_app: number | null
  source_proxy: number | null
  network: number | null
  target_proxy: number | null
  target_app: number | null
}

export interface SchemaGraphEdge extends Signals {
  id: string
  source: string
  target: string
  protocol: string
  requests: number
  attempts: number | null
  mtls: number | null
  observer: string
  evidence: string
  exemplars: SchemaGraphExemplar[]
  observers: SchemaGraphObserver[]
  latency_split_ms: SchemaLatencySplit | null
}

export interface SchemaGraph {
  rev: number
  start: string
  end: string
  by: SchemaGrouping
  nodes: SchemaGraphNode[]
  edges: SchemaGraphEdge[]
  entry_points: string[]
  cycles: string[][]
  unpaired: Record<string, number>
}

export interface SchemaGraphPatch {
  rev: number
  start: string
  end: string
  nodes: { upsert: SchemaGraphNode[]; remove: string[] }
  edges: { upsert: SchemaGraphEdge[]; remove: string[] }
  entry_points: string[]
  cycles: string[][]
  unpaired: Record<string, number>
}

export interface GraphPaths {
  '/api/v1/graph': {
    get: {
      parameters: {
        query: {
          start?: string
          end?: string
          by?: SchemaGrouping
          namespace?: string
          focus?: string
          depth?: number
        }
        header?: { 'X-Scope-OrgID'?: string }
      }
      responses: { 200: { headers: never; content: { 'application/json': SchemaGraph } } }
    }
  }
}
