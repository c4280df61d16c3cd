// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { curlOf, quoted } from './curl.ts'
import { keepToken } from './token.ts'

const origin = 'http://localhost:4300'

test('a call is a command that can be pasted', () => {
  expect(
    curlOf(
      { path: '/api/v1/traces', params: { start: 'now-1h', service: undefined }, tenant: undefined },
      origin,
    ),
  ).toBe("curl 'http://localhost:4300/api/v1/traces?start=now-1h'")
  expect(curlOf({ path: '/api/v1/traces/1', tenant: 'shop' }, origin)).toBe(
    "curl -H 'x-scope-orgid: shop' 'http://localhost:4300/api/v1/traces/1'",
  )
})

test('nothing breaks out of its quotes', () => {
  expect(quoted("it's $(rm)")).toBe(`'it'\\''s $(rm)'`)
  const call = curlOf({ path: '/api/v1/traces', params: { service: "a'b" }, tenant: undefined }, origin)
  expect(call).toBe("curl 'http://localhost:4300/api/v1/traces?service=a%27b'")
})

test('a token is named and not written', () => {
  keepToken('secret')
  const command = curlOf({ path: '/api/v1/status', tenant: undefined }, origin)
  expect(command).toContain('Bearer $SPANLOOM_TOKEN')
  expect(command).not.toContain('secret')
})
