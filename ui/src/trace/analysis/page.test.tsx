// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { ofService, otlpSpan, type SpanFields, spanId, traceId } from '../../../mock/otlp.ts'
import { MockStore } from '../../../mock/store.ts'
import { openApp, secondsAgo } from '../../test/app.tsx'
import { giveSizes } from '../../test/size.ts'

// The router loads the page when it is opened, and the page its views; what that takes is no part of a test.
beforeAll(async () => {
  await import('../page.tsx')
  await import('./view.tsx')
  await import('../compare/view.tsx')
}, 60_000)
beforeEach(giveSizes)

const MS = 1_000_000n

/** `web` that waits for `cart`, whose time is given, and a `mail` whose parent did not come. */
function send(store: MockStore, id: number, cart: number) {
  const start = secondsAgo(300 - id)
  const span = (service: string, number: number, from: number, to: number, fields: SpanFields) => {
    const times = { start: start + BigInt(from) * MS, end: start + BigInt(to) * MS }
    store.take(
      ofService(service, [otlpSpan(traceId(id), spanId(number), `${service} work`, { ...times, ...fields })]),
    )
  }
  span('web', 1, 0, cart + 20, { kind: 'server' })
  span('cart', 2, 10, cart + 10, { kind: 'server', parent: spanId(1) })
  span('mail', 3, 5, 8, { parent: spanId(0x77), error: 'mailbox full' })
}

function open(search: string, before?: NonNullable<Parameters<typeof openApp>[1]>['before']) {
  const store = new MockStore()
  send(store, 1, 180)
  send(store, 2, 80)
  send(store, 3, 40)
  return openApp(`/traces/${traceId(1)}${search}`, { store, ...(before === undefined ? {} : { before }) })
}

test('an analysis says what stands out, and leads to the spans', async () => {
  const { user, url } = open('?view=analysis')
  const findings = within(await screen.findByRole('region', { name: 'What stands out' }))
  expect(
    findings.getByText(/waited longest for cart cart work itself: 180 ms, 90.0 % of 200 ms/),
  ).toBeTruthy()
  expect(findings.getByText('1 span failed: mail 1')).toBeTruthy()
  expect(findings.getByText(/a parent that did not come/)).toBeTruthy()
  await user.click(findings.getByRole('button', { name: 'mail mail work' }))
  await waitFor(() => expect(url()).toBe(`/traces/${traceId(1)}?span=${spanId(3)}`))
  expect(await screen.findByRole('treegrid')).toBeTruthy()
})

test('work is told by service and by operation, sorted by any column', async () => {
  const { user, url } = open('?view=analysis')
  const services = within(await screen.findByRole('region', { name: 'Services' }))
  const names = () =>
    services
      .getAllByRole('row')
      .slice(1)
      .map(row => within(row).getByRole('rowheader').textContent?.trim())
  expect(names()).toEqual(['cart', 'web', 'mail'])
  await user.click(services.getByRole('button', { name: 'Errors' }))
  expect(names()[0]).toBe('mail')
  const operations = within(screen.getByRole('region', { name: 'Operations' }))
  expect(operations.getAllByRole('row')[1]?.textContent).toContain('90.0 %')
  await user.click(operations.getByRole('button', { name: /cart work/ }))
  await waitFor(() => expect(url()).toContain('only=matches'))
  expect(url()).toContain('find=cart+work')
})

test('an analysis that does not come says so, and is asked for again', async () => {
  let isBroken = true
  const { user } = open('?view=analysis', (request, ask) =>
    isBroken && request.url.includes('/analysis')
      ? Promise.resolve(
          Response.json({ error: { code: 'too_large', message: 'too many spans' } }, { status: 422 }),
        )
      : ask(request),
  )
  expect(await screen.findByText(/too many spans/)).toBeTruthy()
  isBroken = false
  await user.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('region', { name: 'What stands out' })).toBeTruthy()
})

test('a trace is compared with another of the same operation', async () => {
  const { user, url, asked } = open('')
  await screen.findByRole('treegrid')
  await user.click(screen.getByRole('button', { name: 'Compare' }))
  const others = await screen.findByRole('table', { name: 'Traces to compare with' })
  const question = asked.map(({ url }) => new URL(url).searchParams.get('q')).find(q => q !== null)
  expect(question).toBe('{ nestedSetParent < 0 && resource.service.name = "web" && name = "web work" }')
  expect(within(others).getAllByRole('row')).toHaveLength(1 + 2)
  await user.click(screen.getByRole('button', { name: 'Fastest' }))
  await user.click(screen.getByRole('button', { name: `Compare with ${traceId(3)}` }))
  expect(await screen.findByText('This one is 140 ms slower')).toBeTruthy()
  expect(url()).toContain(`with=${traceId(3)}`)
  const together = within(screen.getByRole('table', { name: 'Time on the critical path' }))
  expect(together.getAllByRole('row')[1]?.textContent).toContain('+140 ms')
  expect(together.getByRole('row', { name: /^Together/ }).textContent).toContain('+140 ms')
  await user.click(screen.getByRole('link', { name: 'Swap' }))
  expect(await screen.findByText('This one is 140 ms faster')).toBeTruthy()
})

test('both traces are one tree, which folds', async () => {
  const { user } = open(`?view=compare&with=${traceId(2)}`)
  const tree = await screen.findByRole('table', { name: 'Both traces' })
  const rows = () => within(tree).getAllByRole('row').slice(1)
  expect(rows()).toHaveLength(3)
  await user.click(screen.getByRole('button', { name: 'Total time' }))
  expect(rows()[0]?.textContent).toContain('+100 ms')
  await user.click(screen.getByRole('button', { name: 'What web web work calls' }))
  expect(rows()).toHaveLength(2)
})

test('an id that is none is said, a trace that is not there too', async () => {
  const { user } = open('?view=compare')
  const field = await screen.findByRole('textbox', { name: /^Compare with the trace/ })
  await user.type(field, 'what')
  expect(screen.getByText('An id is 1 to 32 hexadecimal digits')).toBeTruthy()
  await user.clear(field)
  await user.type(field, '99{Enter}')
  expect(await screen.findByText(/there is no trace 99/)).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Choose another trace' }))
  expect(await screen.findByRole('table', { name: 'Traces to compare with' })).toBeTruthy()
})
