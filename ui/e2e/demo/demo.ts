// The simulated mesh as a server tells of it: `serve --demo`. What is wrong with it comes again every six minutes, for the first
// time a minute after the start.

import { type APIRequestContext, expect } from '@playwright/test'
import type { SchemaEdgeItem, SchemaGraph } from '../../src/api/schema.d.ts'
import { site } from '../site.ts'

/** A cycle, and what a busy machine takes more. */
export const CYCLE_MS = 420_000

export async function graphNow(request: APIRequestContext): Promise<SchemaGraph> {
  return await (await request.get(`${site.url}/api/v1/graph`)).json()
}

/** The edge with the most errors, once one between two services is failing. */
export async function failingEdge(request: APIRequestContext): Promise<SchemaEdgeItem> {
  let found: SchemaEdgeItem | undefined
  const look = async () => {
    const { nodes, edges } = await graphNow(request)
    const services = new Set(nodes.filter(({ kind }) => kind === 'service').map(({ id }) => id))
    const failing = edges.filter(
      ({ health, source, target }) => health === 'failing' && services.has(source) && services.has(target),
    )
    found = failing.sort((a, b) => (b.errors ?? 0) - (a.errors ?? 0))[0]
    return found !== undefined
  }
  await expect.poll(look, { timeout: CYCLE_MS, intervals: [1000] }).toBe(true)
  if (found === undefined) throw new Error('polled until it was there')
  return found
}
