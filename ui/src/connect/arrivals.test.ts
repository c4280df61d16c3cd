import { expect, test } from 'vitest'
import type { IngestLook } from '../api/queries-ingest.ts'
import type { SchemaSenderReport } from '../api/schema.d.ts'
import { epochMilliseconds } from '../ui/units.ts'
import { arrivalsOf, namesOf } from './arrivals.ts'

const START = 1_700_000_000_000
/** The server's clock is three hours ahead of this machine's. */
const AHEAD = 3 * 3_600_000

function look(second: number, spans: Record<string, [count: number, last: number]>): IngestLook {
  const at = epochMilliseconds(START + second * 1000)
  const senders = Object.entries(spans).map(
    ([service, [count, last]]): SchemaSenderReport => ({
      tenant: 'default',
      protocol: 'otlp_grpc',
      service,
      spans: count,
      first_ns: 0,
      last_ns: (START + AHEAD + last * 1000) * 1e6,
    }),
  )
  return { at, serverAt: epochMilliseconds(at + AHEAD), report: { senders, refused: [] } }
}

test('without a look nothing is known', () => {
  expect(arrivalsOf([])).toBeNull()
})

test('one look tells who sends, two tell how much', () => {
  const first = look(0, { web: [100, -5] })
  expect(arrivalsOf([first])).toMatchObject({
    rate: null,
    senders: [{ service: 'web', rate: null, ago: 5000 }],
  })
  const arrivals = arrivalsOf([first, look(4, { web: [140, 3], cart: [60, 4] })])
  expect(arrivals?.senders.map(({ service, rate }) => [service, rate])).toEqual([
    ['cart', 15],
    ['web', 10],
  ])
  expect(arrivals?.rate).toBe(25)
})

test('who sent long ago does not send', () => {
  const arrivals = arrivalsOf([look(100, { old: [5, 0], older: [9, -50] })])
  expect(arrivals).toMatchObject({ senders: [], last: { service: 'old', ago: 100_000 } })
  expect(arrivalsOf([look(0, {})])?.last).toBeNull()
})

test('a server that began anew has sent nothing back', () => {
  const arrivals = arrivalsOf([look(0, { web: [5000, 0] }), look(2, { web: [10, 2] })])
  expect(arrivals?.rate).toBe(5)
})

test('what was refused lately is told', () => {
  const now = look(100, {})
  const refusal = (reason: string, last: number) => ({
    protocol: 'zipkin_json' as const,
    unit: 'request' as const,
    reason,
    count: 2,
    last_ns: (START + AHEAD + last * 1000) * 1e6,
    message: 'no',
  })
  now.report.refused.push(refusal('undecodable', 90), refusal('future', 10))
  expect(arrivalsOf([now])?.refused.map(({ reason }) => reason)).toEqual(['undecodable'])
})

test('names are few, and each once', () => {
  const senders = (...names: (string | null)[]) =>
    names.map(service => ({
      service,
      protocol: 'otlp_grpc' as const,
      sdk: null,
      ago: 0 as never,
      rate: null,
    }))
  expect(namesOf(senders('web'), 2)).toBe('web')
  expect(namesOf(senders('web', 'web', 'cart'), 2)).toBe('web and cart')
  expect(namesOf(senders('a', 'b', 'c'), 2)).toBe('a, b and 1 other')
  expect(namesOf(senders(null), 2)).toBe('a service without a name')
})
