// The stream of a graph that changes: what is different from what was sent before, every second.

import type { SchemaGraph, SchemaGraphPatch } from '../src/api/schema.d.ts'

const HEARTBEAT_MS = 15_000

export function streamOf(graphNow: () => SchemaGraph, intervalMs: number, signal: AbortSignal): Response {
  let timer: ReturnType<typeof setInterval> | undefined
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (event: string, rev: string, data: unknown) =>
        controller.enqueue(encoder.encode(`event: ${event}\nid: ${rev}\ndata: ${JSON.stringify(data)}\n\n`))
      let [sent, sentAt] = [graphNow(), Date.now()]
      send('snapshot', sent.rev, sent)
      const step = () => {
        const now = graphNow()
        const isChanged = now.rev !== sent.rev
        if (!isChanged && Date.now() - sentAt < HEARTBEAT_MS) return
        if (isChanged) send('patch', now.rev, patchOf(sent, now))
        else send('heartbeat', now.rev, { rev: now.rev })
        ;[sent, sentAt] = [now, Date.now()]
      }
      timer = setInterval(step, intervalMs)
      signal.addEventListener('abort', () => {
        clearInterval(timer)
        controller.error(new DOMException('the request was aborted', 'AbortError'))
      })
    },
    cancel: () => clearInterval(timer),
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } })
}

export function patchOf(before: SchemaGraph, now: SchemaGraph): SchemaGraphPatch {
  const { rev, start, end, entry_points, cycles, unpaired } = now
  const nodes = changes(before.nodes, now.nodes)
  return { rev, start, end, nodes, edges: changes(before.edges, now.edges), entry_points, cycles, unpaired }
}

function changes<Item extends { id: string }>(before: Item[], now: Item[]) {
  const known = new Map(before.map(item => [item.id, JSON.stringify(item)]))
  const left = new Set(now.map(({ id }) => id))
  return {
    upsert: now.filter(item => known.get(item.id) !== JSON.stringify(item)),
    remove: before.map(({ id }) => id).filter(id => !left.has(id)),
  }
}
