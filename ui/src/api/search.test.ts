import { expect, test } from 'vitest'
import { randomOf, shuffled } from '../test/random.ts'
import { epochMilliseconds, milliseconds } from '../ui/units.ts'
import { Failure } from './failure.ts'
import type { SchemaTraceItem } from './schema.d.ts'
import { NOTHING_YET, newest, type Search, withLine } from './search.ts'
import { type SearchLine, searchLines } from './search-stream.ts'

const item = (id: number, start: bigint | number): SchemaTraceItem => ({
  trace_id: id.toString(16).padStart(32, '0'),
  start_time_unix_nano: String(start),
  duration_ms: 1,
  span_count: 1,
  error_count: 0,
  services: [],
})

/** A body whose pieces break anywhere. */
function bodyOf(text: string, seed: number): ReadableStream<Uint8Array> {
  const random = randomOf(seed)
  const bytes = new TextEncoder().encode(text)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      const size = 1 + Math.floor(random() * 40)
      controller.enqueue(bytes.slice(at, at + size))
      at += size
    },
  })
}

async function read(text: string, seed = 1): Promise<SearchLine[]> {
  const lines: SearchLine[] = []
  for await (const line of searchLines('GET /x', bodyOf(text, seed))) lines.push(line)
  return lines
}

const inspected = { traces: 1, spans: 2, files: 3, bytes: 4 }

test('lines are read wherever the pieces of the body break', async () => {
  const sent = [
    { traces: [item(1, 10)], searched_from: '9', range_start: '1', inspected, done: false },
    { traces: [{ ...item(2, 5), root_name: 'é 𝒳' }], inspected, done: true },
  ]
  const text = sent.map(line => `${JSON.stringify(line)}\n`).join('')
  for (let seed = 1; seed < 30; seed++) expect(await read(text, seed)).toEqual(sent)
  expect(await read(JSON.stringify({ traces: [] }))).toEqual([{ traces: [] }])
})

test('an answer that breaks off, fails or is something else is a failure', async () => {
  const failureOf = async (text: string) => {
    const error: unknown = await read(text).catch(error => error)
    if (!(error instanceof Failure)) throw new Error(`no failure: ${String(error)}`)
    return `${error.kind}: ${error.message}`
  }
  const line = JSON.stringify({ traces: [], inspected, done: false })
  expect(await failureOf(`${line}\n`)).toBe('unreachable: the answer broke off')
  const error = { error: { code: 'timeout', message: 'too slow' } }
  expect(await failureOf(`${line}\n${JSON.stringify(error)}\n`)).toBe('failed: too slow')
  expect(await failureOf('{"traces":')).toMatch(/^failed: a line/)
  expect(await failureOf('{}')).toMatch(/^failed: the answer is not/)
})

test('the newest of all lines are kept, in one order, however they came', () => {
  const random = randomOf(3)
  const all = Array.from({ length: 60 }, (_, id) => item(id, 900 + Math.floor(random() * 200)))
  const naive = all
    .toSorted(
      (a, b) =>
        Number(b.start_time_unix_nano) - Number(a.start_time_unix_nano) || (a.trace_id < b.trace_id ? -1 : 1),
    )
    .slice(0, 20)
  for (let round = 0; round < 20; round++) {
    const mixed = shuffled(all, random)
    const bounds = { end: epochMilliseconds(0), limit: 20 }
    let search: Search = { ...NOTHING_YET, took: milliseconds(0) }
    for (let at = 0; at < mixed.length; at += 7)
      search = withLine(search, { traces: mixed.slice(at, at + 7), done: false }, bounds, milliseconds(1))
    expect(search.traces).toEqual(naive)
  }
})

test('a trace that comes again takes the place of what it was', () => {
  expect(
    newest([item(1, 5), { ...item(1, 5), span_count: 9 }], 10).map(({ span_count }) => span_count),
  ).toEqual([9])
})

test('progress is the part of the time that was searched', () => {
  const bounds = { end: epochMilliseconds(100), limit: 5 }
  const begun: Search = { ...NOTHING_YET, took: milliseconds(0) }
  const line = { traces: [], searched_from: '75000000', range_start: '50000000', done: false }
  const half = withLine(begun, line, bounds, milliseconds(1))
  expect(half).toMatchObject({ state: 'running', progress: 0.5, searchedFrom: 75 })
  const done = withLine(half, { traces: [], done: true, partial: 'why' }, bounds, milliseconds(2))
  expect(done).toMatchObject({ state: 'done', progress: 1, searchedFrom: 75, partial: 'why' })
})
