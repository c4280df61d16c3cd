import { expect, test } from 'vitest'
import { edge, graph, node } from '../test/graph.ts'
import { randomOf } from '../test/random.ts'
import { matchesIn, type Truth, truthOf } from './evaluate.ts'
import { type Expression, parse } from './parser.ts'
import { subjectsOf } from './subject.ts'

const SHOP = graph(
  [
    node('edge/gateway', { kind: 'gateway', rate: 300, clusters: ['east'] }),
    node('shop/web', {
      aliases: ['web', 'web.shop'],
      error_rate: 0.03,
      health: 'degraded',
      clusters: ['east', 'west'],
    }),
    node('shop/cart', { error_rate: 0.2, health: 'failing', p95_ms: 800 }),
    node('bank/pay', { health: 'idle', rate: 0, requests: 0, error_rate: null, p95_ms: null }),
    node('database:redis/sessions', { name: 'redis/sessions', kind: 'database', aliases: [] }),
  ],
  [
    edge('edge/gateway', 'shop/web', { mtls: 1, rate: 300 }),
    edge('shop/web', 'shop/cart', { mtls: 0.4, p95_ms: 800, error_rate: 0.2, protocol: 'grpc' }),
    edge('shop/web', 'bank/pay', { mtls: 0, requests: 0, error_rate: null, p95_ms: null }),
    edge('shop/cart', 'database:redis/sessions', { protocol: 'database' }),
  ],
)

function expressionOf(text: string): Expression {
  const parsed = parse(text)
  if (parsed === undefined || 'mistake' in parsed) throw new Error(`no expression: ${text}`)
  return parsed.expression
}

/** Names of the nodes, and ends of the edges, of which a text is true. */
function found(text: string): string {
  const { nodes, edges } = matchesIn(SHOP, expressionOf(text))
  const short = (id: string) => id.split('/').at(-1)
  return [...nodes, ...edges].map(id => id.split('>').map(short).join('>')).join(' ')
}

test.each([
  ['CART', 'cart web>cart cart>sessions'],
  ['web.shop', 'web gateway>web web>cart web>pay'],
  ['name = cart', 'cart web>cart cart>sessions'],
  ['name ~ "^(cart|pay)$"', 'cart pay web>cart web>pay cart>sessions'],
  ['ns = shop', 'web cart gateway>web web>cart web>pay cart>sessions'],
  ['ns != shop', 'gateway pay sessions'],
  ['ns = ""', 'sessions cart>sessions'],
  ['cluster = west', 'web gateway>web web>cart web>pay'],
  ['kind = database', 'sessions cart>sessions'],
  ['health = failing', 'cart web>cart cart>sessions'],
  ['p95 > 500ms', 'cart web>cart'],
  ['err > 1%', 'web cart web>cart'],
  ['rps >= 300', 'gateway gateway>web'],
  ['protocol = grpc', 'web cart web>cart'],
  // The database's calls tell nothing of TLS: they are on neither side.
  ['mtls = full', 'gateway gateway>web'],
  ['mtls != full', 'web cart pay web>cart web>pay'],
  ['not mtls = full', 'web cart pay web>cart web>pay'],
  ['mtls = none', 'pay web>pay'],
  ['mtls = unknown', 'sessions cart>sessions'],
  // Of the gateway nobody calls, of these nobody tells; an edge has no sides.
  ['in.mtls = unknown', 'gateway sessions'],
  ['out.mtls = unknown', 'cart pay sessions'],
  ['not in.mtls = full', 'cart pay'],
  ['in.mtls != unknown', 'web cart pay'],
  ['mtls < 50%', 'cart pay web>cart web>pay'],
  ['degree = 1', 'gateway pay sessions'],
  ['in.degree = 0', 'gateway'],
  ['in.name = web', 'cart pay'],
  ['out.kind = database', 'cart'],
  ['out.err > 10%', 'web'],
  ['in.health = failing', 'sessions'],
  ['p95 > 0 and not p95 > 500ms', 'gateway web sessions gateway>web cart>sessions'],
  ['cart or kind = gateway', 'gateway cart gateway>web web>cart cart>sessions'],
])('%s', (text, names) => {
  expect(found(text)).toBe(names)
})

test('a node that calls itself has one edge more, not two', () => {
  const mesh = graph([node('shop/web')], [edge('shop/web', 'shop/web')])
  expect(matchesIn(mesh, expressionOf('degree = 1')).nodes.size).toBe(1)
})

test('of calls together the busy ones weigh more', () => {
  const mesh = graph(
    [node('a'), node('b'), node('c')],
    [
      edge('a', 'c', { requests: 900, error_rate: 0, mtls: 1 }),
      edge('b', 'c', { requests: 100, error_rate: 0.5, mtls: 0 }),
    ],
  )
  const isFound = (text: string) => matchesIn(mesh, expressionOf(text)).nodes.has('c')
  expect([isFound('in.err = 5%'), isFound('mtls >= 90%'), isFound('in.rps < 1')]).toEqual([true, true, true])
})

test('the laws of logic hold where something is not known, too', () => {
  const random = randomOf(23)
  const atoms = [
    'p95 > 20ms',
    'mtls = full',
    'mtls < 50%',
    'err > 1%',
    'cart',
    'in.err > 1%',
    'ns = shop',
  ].map(expressionOf)
  const pick = () => atoms[Math.floor(random() * atoms.length)] ?? expressionOf('cart')
  const make = (depth: number): Expression => {
    if (depth === 0) return pick()
    if (random() < 0.3) return { kind: 'not', term: make(depth - 1) }
    return { kind: random() < 0.5 ? 'and' : 'or', terms: [make(depth - 1), make(depth - 1)] }
  }
  const not = (term: Expression): Expression => ({ kind: 'not', term })
  const seen = new Set<Truth>()
  for (let i = 0; i < 200; i += 1) {
    const [a, b] = [make(2), make(2)]
    for (const subject of [...subjectsOf(SHOP).nodes, ...subjectsOf(SHOP).edges]) {
      const truth = (expression: Expression) => truthOf(expression, subject)
      seen.add(truth(a))
      expect(truth(not(not(a)))).toBe(truth(a))
      expect(truth(not({ kind: 'and', terms: [a, b] }))).toBe(truth({ kind: 'or', terms: [not(a), not(b)] }))
      expect(truth({ kind: 'and', terms: [a, b] })).toBe(truth({ kind: 'and', terms: [b, a] }))
    }
  }
  expect(seen).toEqual(new Set([true, false, null]))
})
