import { expect, test } from 'vitest'
import { meshOf, randomMesh } from '../../test/random.ts'
import { acyclic } from './acyclic.ts'
import { type Digraph, digraphOf } from './mesh.ts'

/** Whether calls lead from one node to another, by looking at all of them. */
function reaches({ calls }: Digraph, from: number, to: number): boolean {
  const seen = new Set([from])
  for (const node of seen) for (const next of calls[node] ?? []) seen.add(next)
  return from === to || seen.has(to)
}

test.each([1, 2, 3, 4])(
  'without the turned calls there is no cycle, and only calls in cycles are turned',
  seed => {
    const graph = digraphOf(randomMesh(seed, 50, 120, 0.2))
    const { graph: forwards, isTurned } = acyclic(graph, new Set())
    let turned = 0
    graph.calls.forEach((targets, from) => {
      for (const to of targets) {
        if (!isTurned(from, to)) continue
        turned += 1
        expect(reaches(graph, to, from)).toBe(true)
      }
    })
    expect(turned).toBeGreaterThan(0)
    forwards.calls.forEach((targets, from) => {
      for (const to of targets) expect(reaches(forwards, to, from)).toBe(false)
    })
  },
)

test('the call back is the one that is turned', () => {
  const graph = digraphOf(meshOf('gateway>web web>cart cart>web'))
  const { isTurned } = acyclic(graph, new Set())
  const place = (id: string) => graph.ids.indexOf(id)
  expect(isTurned(place('cart'), place('web'))).toBe(true)
  expect(isTurned(place('web'), place('cart'))).toBe(false)
})
