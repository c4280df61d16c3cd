// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { keepToken } from '../api/token.ts'
import { addressesOf, snippetsOf } from './snippets.ts'

const plain = addressesOf({ protocol: 'http:', hostname: 'lab.local' })
const secure = addressesOf({ protocol: 'https:', hostname: 'spans.example' })
const texts = (...args: Parameters<typeof snippetsOf>) => snippetsOf(...args).map(({ text }) => text)

test('every way leads to the host that the page came from', () => {
  for (const text of texts(plain, undefined, false)) expect(text).toMatch(/lab\.local:431[78]/)
  expect(secure.grpc).toBe('https://spans.example:4317')
})

test('a server without tenants and token needs neither', () => {
  for (const text of texts(plain, undefined, false)) expect(text).not.toMatch(/scope-orgid|Bearer/i)
})

test('every way names the tenant and brings the token, which is not written', () => {
  keepToken('secret')
  for (const text of texts(plain, 'shop', true)) {
    expect(text).toMatch(/x-scope-orgid.*shop/)
    expect(text).toMatch(/Bearer/)
    expect(text).not.toContain('secret')
  }
})

test('a collector is told when there is no TLS', () => {
  expect(texts(plain, undefined, false)[2]).toContain('insecure: true')
  expect(texts(secure, undefined, false)[2]).not.toContain('insecure')
})

test('the body that curl sends is OTLP', () => {
  const text = texts(plain, undefined, false)[0] ?? ''
  const body = text.slice(text.indexOf("-d '") + 4, text.lastIndexOf("'"))
  const filled = body
    .replaceAll("'$trace'", '0af7')
    .replaceAll("'$span'", 'b7ad')
    .replaceAll("'$now'", '1700000000')
  const [span] = JSON.parse(filled).resourceSpans[0].scopeSpans[0].spans
  expect(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)).toBe(250_000_000n)
})
