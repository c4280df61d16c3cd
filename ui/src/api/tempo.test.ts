import { expect, test } from 'vitest'
import { failureOf } from './failure.ts'

const refused = (body: string) => {
  const failure = failureOf('GET /tempo/api/x', new Response(null, { status: 400 }), body)
  return [failure.kind, failure.message, failure.position]
}

test("Tempo's errors are text that may say where", () => {
  expect(refused('invalid TraceQL query: parse error at line 2, col 13: unexpected `x`')).toEqual([
    'refused',
    'unexpected `x`',
    { line: 2, column: 13 },
  ])
  expect(refused('invalid TraceQL query: too long')).toEqual(['refused', 'too long', null])
  expect(refused('the range is longer than 24h\n')).toEqual(['refused', 'the range is longer than 24h', null])
  expect(refused('<html>no</html>')[1]).toBe('the answer was 400')
  expect(refused('')[1]).toBe('the answer was 400')
})
