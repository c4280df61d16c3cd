// @vitest-environment happy-dom
import { act, screen, waitFor, within } from '@testing-library/react'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { MockStore } from '../../mock/store.ts'
import { openApp, secondsAgo, sendTrace } from '../test/app.tsx'
import { giveSizes } from '../test/size.ts'

// The router loads the page when it is opened; what that takes is no part of a test.
beforeAll(async () => {
  await import('./page.tsx')
}, 60_000)
beforeEach(giveSizes)

function storeOf(...traces: [service: string, name: string, seconds?: number][]): MockStore {
  const store = new MockStore()
  traces.forEach(([service, name, seconds], place) => {
    sendTrace(store, place + 1, service, name, seconds)
  })
  return store
}

const rows = () =>
  waitFor(() => {
    const [, ...rows] = within(screen.getByRole('table')).getAllByRole('row')
    expect(rows).not.toEqual([])
    return rows.map(row => within(row).getByRole('link').textContent)
  })

test('the newest traces come first', async () => {
  openApp('/traces', { store: storeOf(['cart', 'GET /old', 90], ['web', 'GET /new', 30]) })
  expect(await rows()).toEqual(['web GET /new', 'cart GET /old'])
})

test('a row says what is in its trace, in words', async () => {
  openApp('/traces', { store: storeOf(['cart', 'GET /cart']) })
  await rows()
  const row = screen.getAllByRole('row')[1]
  expect(row?.textContent).toContain('1 min ago')
  expect(row?.textContent).toContain('1.00 s')
  expect(row?.textContent).toContain('1 error')
})

test('the URL says what is asked', async () => {
  const { asked } = openApp('/traces?service=cart&range=6h&limit=200&tenant=shop', {
    store: storeOf(['cart', 'GET /a', 7200], ['web', 'GET /b']),
    api: { tenants: ['shop'] },
  })
  expect(await rows()).toEqual(['cart GET /a'])
  const request = asked.find(({ url }) => url.includes('/api/v1/traces'))
  expect(new URL(request?.url ?? '').search).toBe('?start=now-6h&limit=200&service=cart')
  expect(request?.headers.get('x-scope-orgid')).toBe('shop')
})

test('what comes is shown without asking for it', async () => {
  const { store } = openApp('/traces', { store: storeOf(['cart', 'GET /first']) })
  expect(await rows()).toEqual(['cart GET /first'])
  expect(screen.getByText('Live')).toBeTruthy()
  sendTrace(store, 9, 'web', 'GET /second', 1)
  await waitFor(async () => expect(await rows()).toEqual(['web GET /second', 'cart GET /first']), {
    timeout: 5000,
  })
})

test('paused is paused, says so, and stands in the URL', async () => {
  const { user, url, asked } = openApp('/traces', { store: storeOf(['cart', 'GET /first']) })
  await rows()
  await user.click(screen.getByRole('button', { name: 'Pause live updates' }))
  expect(await screen.findByText(/^Paused/)).toBeTruthy()
  expect(url()).toBe('/traces?live=off')
  const before = asked.length
  // The next question would have come by now.
  await waitFor(() => expect(screen.getByText(/^Paused, [3-9] s old/)).toBeTruthy(), { timeout: 5000 })
  expect(asked.length).toBe(before)
  await user.click(screen.getByRole('button', { name: 'Resume live updates' }))
  expect(await screen.findByText('Live')).toBeTruthy()
  expect(url()).toBe('/traces')
})

test('who points at the list finds it where it was, and is told of what waits', async () => {
  const { store, user } = openApp('/traces', { store: storeOf(['cart', 'GET /first']) })
  await rows()
  await user.hover(screen.getByRole('table'))
  sendTrace(store, 9, 'web', 'GET /second', 1)
  expect(await screen.findByText(/1 new trace waits/, undefined, { timeout: 5000 })).toBeTruthy()
  expect(await rows()).toEqual(['cart GET /first'])
  await user.click(screen.getByRole('button', { name: 'Show' }))
  expect(await rows()).toEqual(['web GET /second', 'cart GET /first'])
})

test('who goes from row to row by keys finds them where they were, until they leave', async () => {
  const { store, user } = openApp('/traces', {
    store: storeOf(['cart', 'GET /first', 90], ['cart', 'GET /second']),
  })
  await rows()
  await user.keyboard('j')
  sendTrace(store, 9, 'web', 'GET /third', 1)
  expect(await screen.findByText(/1 new trace waits/, undefined, { timeout: 5000 })).toBeTruthy()
  await user.keyboard('j')
  expect(document.activeElement?.textContent).toBe('cart GET /first')
  expect(await rows()).toEqual(['cart GET /second', 'cart GET /first'])
  act(() => screen.getByRole('button', { name: 'Show' }).focus())
  expect(await rows()).toHaveLength(3)
})

test('who points at the list while another question is asked holds its answer, not what stood there before', async () => {
  const { user } = openApp('/traces', {
    store: storeOf(['cart', 'GET /cart'], ['web', 'GET /web']),
    before: async (request, ask) => {
      if (request.url.includes('service=cart')) await answered
      return ask(request)
    },
  })
  let answer = () => {}
  const answered = new Promise<void>(resolve => {
    answer = resolve
  })
  await rows()
  await user.click(screen.getByRole('combobox', { name: 'Service' }))
  await user.click(await screen.findByRole('option', { name: 'cart' }))
  await user.hover(screen.getByRole('table'))
  answer()
  await waitFor(async () => expect(await rows()).toEqual(['cart GET /cart']))
  expect(screen.queryByText(/waits? while/)).toBeNull()
})

test('a server without spans tells how to send the first', async () => {
  openApp('/traces')
  expect(await screen.findByText('No spans have come yet')).toBeTruthy()
  expect(screen.getByText(/v1\/traces/).textContent).toContain('localhost:4318')
})

test('a time without traces leads to the newest one', async () => {
  const { user, url } = openApp('/traces', { store: storeOf(['cart', 'GET /old', 7200]) })
  await user.click(await screen.findByRole('button', { name: /The newest trace came [12] h ago/ }))
  expect(await rows()).toEqual(['cart GET /old'])
  expect(url()).toBe('/traces?range=6h')
})

test('a service without traces is not taken for a server without spans', async () => {
  const { user, url } = openApp('/traces?service=nobody', { store: storeOf(['cart', 'GET /']) })
  expect(await screen.findByText('No traces of nobody in this time')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Show all services' }))
  expect(await rows()).toEqual(['cart GET /'])
  expect(url()).toBe('/traces')
})

test('a part of the traces says that it is one', async () => {
  const traces = Array.from(
    { length: 3 },
    (_, i) => ['cart', `GET /${i}`, 60 + i] as [string, string, number],
  )
  const { user, url } = openApp('/traces?limit=2', { store: storeOf(...traces) })
  expect(await rows()).toHaveLength(2)
  expect(screen.getByText('There may be older traces in this time.')).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Show up to 50' }))
  await waitFor(async () => expect(await rows()).toHaveLength(3))
  expect(url()).toBe('/traces')
  expect(screen.queryByText(/older traces/)).toBeNull()
})

test('a failure keeps what was shown, names itself, and ends by itself', async () => {
  let isDown = false
  openApp('/traces', {
    store: storeOf(['cart', 'GET /first']),
    before: (request, ask) => (isDown ? Promise.reject(new TypeError('failed to fetch')) : ask(request)),
  })
  await rows()
  isDown = true
  expect(
    await screen.findByText(/could not be renewed: failed to fetch/, undefined, { timeout: 5000 }),
  ).toBeTruthy()
  expect(screen.getByText(/^Reconnecting/)).toBeTruthy()
  expect(await rows()).toEqual(['cart GET /first'])
  isDown = false
  expect(await screen.findByText('Live', undefined, { timeout: 8000 })).toBeTruthy()
  expect(screen.queryByText(/could not be renewed/)).toBeNull()
})

test('a server that still starts is waited for', async () => {
  const message = 'the server is still replaying its log and cannot answer in full yet'
  openApp('/traces', {
    before: async (request, ask) =>
      request.url.includes('/traces')
        ? Response.json({ error: { code: 'unavailable', message } }, { status: 503 })
        : ask(request),
  })
  expect(await screen.findByRole('heading', { name: 'The server is starting' })).toBeTruthy()
  expect(screen.getByText(new RegExp(message))).toBeTruthy()
})

test('a server that asks for a token gets it, and the page goes on', async () => {
  const { user } = openApp('/traces', {
    store: storeOf(['cart', 'GET /secret']),
    api: { tenants: ['default'], token: 'open-sesame' },
  })
  await user.type(await screen.findByLabelText('Token'), 'open-sesame')
  await user.click(screen.getByRole('button', { name: 'Use the token' }))
  expect(await rows()).toEqual(['cart GET /secret'])
})

test('a tenant that is not there is told from one without spans', async () => {
  openApp('/traces?tenant=nobody')
  expect(await screen.findByRole('heading', { name: /tenant is not on the server/ })).toBeTruthy()
})

test('the tenant stays from page to page, and the default one leaves the URL', async () => {
  const { user, url } = openApp('/traces?tenant=shop&live=off', {
    store: storeOf(['cart', 'GET /']),
    api: { tenants: ['default', 'shop'] },
  })
  await user.click(await screen.findByRole('link', { name: 'cart GET /' }))
  await waitFor(() => expect(url()).toMatch(/^\/traces\/0+1\?tenant=shop&live=off$/))
  await user.click(screen.getByRole('button', { name: /shop/ }))
  await user.click(await screen.findByRole('option', { name: 'default' }))
  await waitFor(() => expect(url()).toMatch(/^\/traces\/0+1\?live=off$/))
})

test('j and k go from row to row', async () => {
  const { user } = openApp('/traces', { store: storeOf(['cart', 'GET /b', 60], ['cart', 'GET /a', 30]) })
  await rows()
  await user.keyboard('j')
  expect(document.activeElement?.textContent).toBe('cart GET /a')
  await user.keyboard('jj')
  expect(document.activeElement?.textContent).toBe('cart GET /b')
  await user.keyboard('k')
  expect(document.activeElement?.textContent).toBe('cart GET /a')
})

test('a trace whose root did not come, or that has no name, is listed all the same', async () => {
  const store = new MockStore()
  const start = String(secondsAgo(20))
  store.take({
    resourceSpans: [
      {
        resource: {},
        scopeSpans: [
          {
            scope: {},
            spans: [
              {
                traceId: '1'.repeat(32),
                spanId: '1'.repeat(16),
                parentSpanId: '2'.repeat(16),
                startTimeUnixNano: start,
              },
            ],
          },
        ],
      },
    ],
  })
  openApp('/traces', { store })
  expect(await rows()).toEqual(['the root span did not come'])
  expect(screen.getByText('unnamed')).toBeTruthy()
})
