// Numbers that look random and are not, and meshes made of them.

import { randomOf } from '../../mock/random.ts'
import type { Mesh, MeshEdge } from '../graph/layout/mesh.ts'

export { randomOf }

export function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  const keyed = values.map(value => ({ value, key: random() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value)
}

const TIERS = 7

/**
 * A mesh in tiers, as meshes of services are: most calls go to the next tier, some services are called by many; and, where
 * asked for, a part of the calls goes back.
 */
export function randomMesh(seed: number, size: number, calls: number, back = 0): Mesh {
  const random = randomOf(seed)
  const nodes = Array.from({ length: size }, (_, i) => `n${String(i).padStart(4, '0')}`)
  const tierStart = (tier: number) => Math.floor(size * (tier / TIERS) ** 1.3)
  const inTier = (tier: number) => {
    const [from, to] = [tierStart(tier), Math.max(tierStart(tier) + 1, tierStart(tier + 1))]
    // A power law: the first of a tier have most of the calls.
    return nodes[Math.min(size - 1, from + Math.floor(random() ** 2.5 * (to - from)))] ?? ''
  }
  const edges = Array.from({ length: calls }, (_, i): MeshEdge => {
    const tier = Math.floor(random() * (TIERS - 1))
    const further = random() < 0.8 ? 1 : 1 + Math.floor(random() * (TIERS - 1 - tier))
    const [front, rear] = [inTier(tier), inTier(tier + further)]
    const [source, target] = random() < back ? [rear, front] : [front, rear]
    return { id: `e${i}`, source, target }
  })
  return { nodes, edges, entries: nodes.slice(0, 1) }
}

/** `a>b a>c` as a mesh. */
export function meshOf(text: string, entries: string[] = []): Mesh {
  const pairs = text.split(/\s+/).filter(Boolean)
  const nodes = new Set(pairs.flatMap(pair => pair.split('>')))
  const edges = pairs.flatMap(pair => {
    const [source = '', target] = pair.split('>')
    return target === undefined ? [] : [{ id: pair, source, target }]
  })
  return { nodes: [...nodes], edges, entries }
}
